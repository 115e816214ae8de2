-- name: of_client
-- Those to come first, the next one on top; then the newest past ones.
SELECT session.public_id, session.service_name, session.starts_at, session.ends_at, session.state::text, session.host_id,
       clinic.department_id, clinic.name AS clinic_name, host.name AS host_name, ended.past,
       EXISTS (SELECT FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = session.clinic_id
               AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
CROSS JOIN LATERAL (SELECT session.state NOT IN ('scheduled', 'in_progress') OR session.ends_at < clock_now() AS past) AS ended
WHERE session.client_id = :client_id
ORDER BY ended.past, CASE WHEN NOT ended.past THEN session.starts_at END, session.starts_at DESC, session.id DESC
LIMIT :most;
