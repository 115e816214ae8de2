-- name: lock_host$
SELECT pg_advisory_xact_lock(hashtext('host'), hashint8(:host_id));

-- name: lock_client!
-- A client's file and account are locked each: sessions may bear either or both.
SELECT pg_advisory_xact_lock(hashtext(locked.kind), hashint8(locked.id))
FROM (VALUES ('client', :client_id::bigint), ('visitor', :visitor_id::bigint)) AS locked (kind, id)
WHERE locked.id IS NOT NULL ORDER BY locked.kind;

-- name: chosen^
-- A Now request starts at the moment of acceptance; a scheduled one at the requested time of that rank, until that begins:
-- then it has passed, as for those who are available and for what expires.
SELECT clock_now() AS starts_at, clock_now() + request.duration AS ends_at
FROM request WHERE request.id = :request_id AND kind = 'now'
UNION ALL
SELECT requested_time.starts_at, requested_time.ends_at
FROM request JOIN requested_time ON requested_time.request_id = request.id
WHERE request.id = :request_id AND kind = 'scheduled' AND rank = :rank AND requested_time.starts_at > clock_now();

-- name: overlaps$
-- host_is_free() of schema.sql, with one session left out of account: the one that is being moved.
SELECT EXISTS (
    SELECT FROM session
    WHERE session.host_id = :host_id AND session.state IN ('scheduled', 'in_progress')
      AND session.ends_at > :starts_at AND session.ends_at < :ends_at::timestamptz + interval '12 hours 1 second'
      AND session.starts_at < :ends_at AND session.id IS DISTINCT FROM :besides);

-- name: book^
INSERT INTO session (organization_id, clinic_id, request_id, host_id, client_id, visitor_id, service_name, starts_at, ends_at,
                     override)
SELECT request.organization_id, request.clinic_id, request.id, :host_id, :client_id, request.requester_id,
       request.service_name, :starts_at, :ends_at, :override
FROM request WHERE request.id = :request_id
RETURNING id, public_id, starts_at, ends_at, override;
