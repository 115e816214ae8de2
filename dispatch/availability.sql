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
-- Whole quarter hours at which the visit fits into a host's free hours (schema.sql).
WITH person AS (
    SELECT account.id, account.public_id, account.name, greatest(:since::timestamptz, clock_now() + host.minimum_notice) AS first,
           least(:until::timestamptz, clock_now() + host.horizon) AS last
    FROM clinic_host
    JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
    JOIN host ON host.account_id = account.id AND host.takes_requests
    WHERE clinic_host.clinic_id = :clinic_id AND (:host::text IS NULL OR account.public_id = :host)
), room AS (
    SELECT person.*, unnest(free_hours(person.id, person.first, person.last + :duration::interval, :besides)) AS piece
    FROM person WHERE person.first < person.last
)
SELECT start AS starts_at, array_agg(room.public_id ORDER BY room.name, room.id) AS hosts
FROM room, generate_series(
    to_timestamp(ceil(extract(epoch FROM lower(room.piece)) / 900) * 900),
    upper(room.piece) - :duration::interval, interval '15 minutes') AS start
WHERE start < room.last
GROUP BY start ORDER BY start;

-- name: fits$
-- The same for one host and any instant, on the quarter hour or not.
SELECT EXISTS (
    SELECT FROM host
    WHERE host.account_id = :host_id AND host.takes_requests
      AND :starts_at::timestamptz >= clock_now() + host.minimum_notice AND :starts_at < clock_now() + host.horizon
      AND free_hours(host.account_id, :starts_at, :starts_at + :duration::interval, :besides)
          @> tstzrange(:starts_at, :starts_at + :duration::interval));

-- name: available_now
SELECT account.public_id, account.name
FROM clinic_host
JOIN clinic ON clinic.id = clinic_host.clinic_id
JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
JOIN host ON host.account_id = account.id
WHERE clinic_host.clinic_id = :clinic_id AND (clinic.availability = 'on_demand' OR host.minimum_notice = '0')
  AND host_is_available(clinic.id, account.id, clock_now(), clock_now() + :duration::interval)
ORDER BY account.name, account.id;

-- name: now$
SELECT clock_now();

-- name: today$
SELECT (clock_now() AT TIME ZONE :zone)::date;
