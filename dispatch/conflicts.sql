-- name: of_request
-- One indexed look into each host's agenda for each time (schema.sql, sessions_touching).
SELECT clinic_host.account_id AS host_id, asked_time.rank, asked_time.starts_at AS time_starts_at,
       near.public_id AS session_public_id, near.starts_at, near.ends_at,
       near.starts_at < asked_time.ends_at AND near.ends_at > asked_time.starts_at AS overlaps
FROM request
JOIN asked_time ON asked_time.request_id = request.id
JOIN clinic_host ON clinic_host.clinic_id = request.clinic_id
CROSS JOIN LATERAL sessions_touching(clinic_host.account_id, asked_time.starts_at - interval '2 hours',
                                     asked_time.ends_at + interval '2 hours') AS near
WHERE request.id = :request_id
ORDER BY clinic_host.account_id, asked_time.rank, near.starts_at, near.id;
