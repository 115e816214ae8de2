-- name: clients
SELECT client.public_id, client.first_name || ' ' || client.last_name AS name, client.first_name, client.last_name,
       client.email, client.active, department.name AS department_name, association.made_at,
       (SELECT min(session.starts_at) FROM session WHERE session.client_id = client.id
            AND session.host_id = association.practitioner_id AND session.state IN ('scheduled', 'in_progress')
            AND session.ends_at > clock_now()) AS next_at,
       (SELECT thread.public_id FROM connection_request JOIN thread ON thread.id = connection_request.thread_id
        JOIN thread_member ON thread_member.thread_id = thread.id AND thread_member.account_id = association.practitioner_id
        WHERE connection_request.client_id = client.id
          AND connection_request.practitioner_id = association.practitioner_id
        ORDER BY connection_request.id DESC LIMIT 1) AS thread
FROM association JOIN client ON client.id = association.client_id
JOIN department ON department.id = association.department_id
WHERE association.practitioner_id = :practitioner_id
  AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS word WHERE position(word IN folded(
      concat_ws(' ', client.first_name, client.last_name, client.email))) = 0)
ORDER BY client.active DESC, lower(client.last_name), lower(client.first_name), client.id LIMIT :most;

-- name: file^
SELECT client.id, client.public_id, client.account_id, client.first_name || ' ' || client.last_name AS name,
       client.first_name, client.last_name, client.email, client.date_of_birth, client.active,
       association.client_id IS NOT NULL AS associated, association.made_at, department.name AS department_name,
       client.active AND EXISTS (
           SELECT FROM connection_request JOIN account ON account.id = client.account_id AND account.state = 'active'
           WHERE connection_request.client_id = client.id AND connection_request.practitioner_id = :practitioner_id
           AND connection_request.state = 'pending') AS asks,
       (SELECT thread.public_id FROM connection_request JOIN thread ON thread.id = connection_request.thread_id
        WHERE connection_request.client_id = client.id AND connection_request.practitioner_id = :practitioner_id
        ORDER BY connection_request.id DESC LIMIT 1) AS thread
FROM client
LEFT JOIN association ON association.client_id = client.id AND association.practitioner_id = :practitioner_id
LEFT JOIN department ON department.id = association.department_id
WHERE client.public_id = :public_id;
