-- name: of_request
WITH asked AS (
    SELECT request.clinic_id, requested_time.rank, requested_time.starts_at, requested_time.ends_at
    FROM request JOIN requested_time ON requested_time.request_id = request.id
    WHERE request.id = :request_id AND request.kind = 'scheduled'
    UNION ALL
    SELECT request.clinic_id, 0, clock_now(), clock_now() + request.duration
    FROM request WHERE request.id = :request_id AND request.kind = 'now'
)
SELECT clinic_host.account_id AS host_id, asked.rank::int AS rank,
       asked.starts_at >= clock_now()
           AND host_is_available(asked.clinic_id, clinic_host.account_id, asked.starts_at, asked.ends_at) AS available,
       host_is_free(clinic_host.account_id, asked.starts_at, asked.ends_at) AS free
FROM asked
JOIN clinic_host ON clinic_host.clinic_id = asked.clinic_id
JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
ORDER BY account.name, account.id, asked.rank;

-- name: service^
SELECT clinic.id AS clinic_id, service.duration
FROM clinic JOIN service ON service.clinic_id = clinic.id
WHERE clinic.public_id = :clinic AND service.public_id = :service AND service.offered;

-- name: free_times
-- A session keeps the host's buffers free around it, and so would the visit: together on either side.
WITH person AS (
    SELECT account.id, account.public_id, account.name, host.buffer_before + host.buffer_after AS buffers,
           greatest(:since::timestamptz, clock_now() + host.minimum_notice) AS first,
           least(:until::timestamptz, clock_now() + host.horizon) AS last
    FROM clinic_host
    JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
    JOIN host ON host.account_id = account.id AND host.takes_requests
    WHERE clinic_host.clinic_id = :clinic_id AND (:host::text IS NULL OR account.public_id = :host)
), room AS (
    SELECT person.*, unnest(
        open_hours(person.id, person.first, person.last + :duration::interval) - coalesce((
            SELECT range_agg(tstzrange(session.starts_at - person.buffers, session.ends_at + person.buffers))
            FROM session
            WHERE session.host_id = person.id AND session.state IN ('scheduled', 'in_progress')
              AND session.ends_at > person.first - person.buffers
              AND session.starts_at < person.last + :duration::interval + person.buffers
              AND session.ends_at < person.last + :duration::interval + person.buffers + interval '12 hours 1 second'
        ), '{}')) AS piece
    FROM person WHERE person.first < person.last
)
SELECT start AS starts_at, array_agg(room.public_id ORDER BY room.name, room.id) AS hosts
FROM room, generate_series(
    to_timestamp(ceil(extract(epoch FROM lower(room.piece)) / 900) * 900),
    upper(room.piece) - :duration::interval, interval '15 minutes') AS start
WHERE start < room.last
GROUP BY start ORDER BY start;

-- name: available_now
SELECT account.public_id, account.name
FROM clinic_host
JOIN clinic ON clinic.id = clinic_host.clinic_id
JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
JOIN host ON host.account_id = account.id
WHERE clinic_host.clinic_id = :clinic_id AND (clinic.availability = 'on_demand' OR host.minimum_notice = '0')
  AND host_is_available(clinic.id, account.id, clock_now(), clock_now() + :duration::interval)
ORDER BY account.name, account.id;

-- name: today$
SELECT (clock_now() AT TIME ZONE :zone)::date;
