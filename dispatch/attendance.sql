-- name: keep_here!
-- Silently: that somebody is still here is no news. It waits for nobody, so it is in nobody's way: a row that is being changed
-- is renewed the next time.
WITH here AS (
    SELECT admission.id
    FROM unnest(:account_ids::bigint[], :devices::bytea[]) AS present (account_id, device)
    JOIN admission ON admission.session_id = :session_id AND admission.account_id = present.account_id
                  AND admission.device IS NOT DISTINCT FROM present.device
    WHERE admission.state IN ('waiting', 'admitted')
    FOR NO KEY UPDATE OF admission SKIP LOCKED
)
UPDATE admission SET here_until = clock_now() + :lease::interval FROM here WHERE admission.id = here.id;

-- name: come_back!
UPDATE admission SET here_until = clock_now() + :lease::interval, changed_at = clock_now()
WHERE session_id = :session_id AND account_id = :account_id AND device IS NOT DISTINCT FROM :device::bytea
  AND state IN ('waiting', 'admitted') AND here_until <= clock_now();

-- name: go!
UPDATE admission SET here_until = clock_now(), changed_at = clock_now()
WHERE session_id = :session_id AND account_id = :account_id AND device IS NOT DISTINCT FROM :device::bytea
  AND state IN ('waiting', 'admitted') AND here_until > clock_now();

-- name: end_absent
-- They left when they were last here. Nobody waits for `limit` who comes in another browser: what they had in the first one,
-- which is closed, ends with their knock (`knocking`, and its `device`). Whose room is served is left to the process that serves it, if the organization as a
-- whole is looked at (no session): it alone knows that somebody is here while it could not say so.
WITH ended AS (
    UPDATE admission SET state = 'left', epoch = epoch + 1, sentence = '', message = '', admitted_by = NULL,
                         admitted_at = NULL, changed_at = clock_now()
    WHERE state IN ('waiting', 'admitted')
      AND here_until < clock_now() - CASE WHEN account_id = :knocking::bigint AND device IS DISTINCT FROM :device::bytea
                                          THEN interval '0' ELSE :limit::interval END
      AND session_id = coalesce(:session_id::bigint, session_id)
      AND (:session_id::bigint IS NOT NULL
           OR NOT EXISTS (SELECT FROM visit_room WHERE visit_room.session_id = admission.session_id
                          AND visit_room.leased_until > clock_now()))
    RETURNING id, here_until
), stay AS (
    UPDATE attendance SET ended_at = greatest(ended.here_until, attendance.admitted_at, attendance.knocked_at),
                          ending = 'vanished'
    FROM ended WHERE attendance.admission_id = ended.id AND attendance.ended_at IS NULL
)
SELECT id FROM ended;

-- name: of_session
SELECT attendance.name, attendance.knocked_at, attendance.admitted_at, attendance.ended_at, attendance.ending::text,
       admission.account_id = session.host_id AS as_host,
       admitter.name AS admitted_by, ender.name AS ended_by, admission.here_until > clock_now() AS here,
       coalesce((SELECT guest.relation FROM guest WHERE guest.session_id = attendance.session_id
                 AND guest.account_id = admission.account_id ORDER BY guest.id DESC LIMIT 1), '') AS relation,
       extract(epoch FROM coalesce(attendance.admitted_at, attendance.ended_at, clock_now()) - attendance.knocked_at)::float8
           AS waited_seconds,
       extract(epoch FROM coalesce(attendance.ended_at, clock_now()) - attendance.admitted_at)::float8 AS inside_seconds
FROM attendance
JOIN admission ON admission.id = attendance.admission_id
JOIN session ON session.id = attendance.session_id
LEFT JOIN account AS admitter ON admitter.id = attendance.admitted_by
LEFT JOIN account AS ender ON ender.id = attendance.ended_by
WHERE attendance.session_id = :session_id
ORDER BY attendance.knocked_at, attendance.id;
