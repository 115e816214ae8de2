-- name: guests
SELECT account_id, name, email, relation FROM guest WHERE session_id = :session_id AND revoked_at IS NULL ORDER BY id;

-- name: told^
SELECT session.id, session.public_id, session.host_id, session.visitor_id, session.service_name, session.starts_at,
       session.state::text, session.ends_at, session.sequence, session.reason, session.starts_at - clinic.join_before AS opens_at, clinic.name AS clinic_name,
       host.name AS host_name, host.email AS host_email, owes(session.id) AS owed,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       session.state = 'scheduled' AND visitor.state IN ('pending', 'active')
           AND NOT is_cleared(session.visitor_id, session.host_id) AS by_link,
       coalesce(visitor.email, client.email) AS client_email, coalesce(request.response, '') AS response
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
LEFT JOIN request ON request.id = session.request_id
WHERE session.id = :id;
