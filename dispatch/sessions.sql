-- name: lock_host$
SELECT pg_advisory_xact_lock(hashtext('host'), hashint8(:host_id));

-- name: lock_client$
SELECT pg_advisory_xact_lock(hashtext('client'), hashint8(:client_id));

-- name: book^
-- A Now request starts at the moment of acceptance; a scheduled one at the requested time of that rank.
WITH chosen AS (
    SELECT request.*, clock_now() AS starts_at, clock_now() + request.duration AS ends_at
    FROM request WHERE request.id = :request_id AND kind = 'now'
    UNION ALL
    SELECT request.*, requested_time.starts_at, requested_time.ends_at
    FROM request JOIN requested_time ON requested_time.request_id = request.id
    WHERE request.id = :request_id AND kind = 'scheduled' AND rank = :rank AND requested_time.ends_at > clock_now()
)
INSERT INTO session (organization_id, clinic_id, request_id, host_id, client_id, visitor_id, service_name, starts_at, ends_at)
SELECT chosen.organization_id, chosen.clinic_id, chosen.id, :host_id, client.id, chosen.requester_id, chosen.service_name,
       chosen.starts_at, chosen.ends_at
FROM chosen JOIN client ON client.account_id = chosen.requester_id
RETURNING id, public_id, starts_at, ends_at;

-- name: find^
SELECT session.starts_at - clinic.join_before AS opens_at, session.ends_at + clinic.join_after AS closes_at,
       session.id, session.organization_id, session.public_id, session.host_id, session.service_name, session.starts_at,
       session.ends_at, session.state::text, clinic.name AS clinic_name, host.name AS host_name,
       coalesce(session.visitor_id, client.account_id) AS client_account_id,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       session.state IN ('scheduled', 'in_progress') AND clock_now()
           BETWEEN session.starts_at - clinic.join_before AND session.ends_at + clinic.join_after AS joinable
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
WHERE session.public_id = :public_id;

-- name: by_id^
SELECT session.id, session.public_id, session.host_id, session.state::text,
       coalesce(session.visitor_id, client.account_id) AS client_account_id
FROM session LEFT JOIN client ON client.id = session.client_id
WHERE session.id = :id;

-- name: of_account
SELECT session.starts_at - clinic.join_before AS opens_at,
       session.public_id, session.service_name, session.starts_at, session.ends_at, session.state::text,
       clinic.name AS clinic_name, host.name AS host_name, session.host_id,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       session.ends_at + clinic.join_after < clock_now() AS past,
       session.state IN ('scheduled', 'in_progress') AND clock_now()
           BETWEEN session.starts_at - clinic.join_before AND session.ends_at + clinic.join_after AS joinable,
       greatest(0, extract(epoch FROM session.starts_at - clinic.join_before - clock_now()))::float8 AS opens_in_seconds,
       array(SELECT admission.name FROM admission
             WHERE admission.session_id = session.id AND admission.state = 'waiting'
             ORDER BY admission.knocked_at) AS waiting_names
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
WHERE session.host_id = :account_id OR session.visitor_id = :account_id OR client.account_id = :account_id
ORDER BY past, CASE WHEN session.ends_at + clinic.join_after < clock_now() THEN NULL ELSE session.starts_at END,
         session.starts_at DESC
LIMIT 100;

-- name: told^
SELECT session.id, session.public_id, session.service_name, session.starts_at, session.ends_at, session.state::text,
       session.sequence, session.reason, session.starts_at - clinic.join_before AS opens_at, clinic.name AS clinic_name,
       host.name AS host_name, host.email AS host_email,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       coalesce(visitor.email, client.email) AS client_email, coalesce(request.response, '') AS response
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
LEFT JOIN request ON request.id = session.request_id
WHERE session.id = :id;
