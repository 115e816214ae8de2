-- name: hold_practitioner$
-- Whoever takes the role away holds this row against it, as whoever associates does (people/associations.py); so ask afterwards
-- whether the role is still there.
SELECT id FROM account WHERE public_id = :public_id FOR SHARE;

-- name: practises^
SELECT account.id,
       coalesce((SELECT takes_connections FROM public_profile WHERE public_profile.account_id = account.id), true) AS takes
FROM account
WHERE account.id = :id AND account.state = 'active'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner');

-- name: hold_file$
SELECT id FROM client WHERE id = :id FOR NO KEY UPDATE;

-- name: hold_files_of
SELECT id FROM client
WHERE id IN (SELECT client_id FROM connection_request WHERE public_id = ANY (:requests::text[])) ORDER BY id FOR NO KEY UPDATE;

-- name: hold
SELECT connection_request.id, connection_request.public_id, connection_request.state::text, connection_request.client_id,
       connection_request.practitioner_id, connection_request.thread_id,
       client.active AND coalesce(account.state = 'active', false) AS active,
       account.email
FROM connection_request JOIN client ON client.id = connection_request.client_id
LEFT JOIN account ON account.id = client.account_id
WHERE connection_request.public_id = ANY (:requests::text[])
ORDER BY connection_request.id FOR UPDATE OF connection_request;

-- name: stands^
-- What is between the two; `thread_id` is that of an earlier request, while both are members.
SELECT EXISTS (SELECT FROM association WHERE client_id = :client_id AND practitioner_id = :practitioner_id) AS connected,
       EXISTS (SELECT FROM connection_request WHERE client_id = :client_id AND practitioner_id = :practitioner_id
               AND state = 'pending') AS asked,
       (SELECT count(*) FROM connection_request WHERE client_id = :client_id AND state = 'pending') AS pending,
       (SELECT connection_request.thread_id FROM connection_request JOIN client ON client.id = connection_request.client_id
        JOIN thread_member ON thread_member.thread_id = connection_request.thread_id
             AND thread_member.account_id = client.account_id
        WHERE client_id = :client_id AND practitioner_id = :practitioner_id
        ORDER BY connection_request.id DESC LIMIT 1) AS thread_id;

-- name: insert^
INSERT INTO connection_request (organization_id, client_id, practitioner_id, thread_id, message)
VALUES (:organization_id, :client_id, :practitioner_id, :thread_id, :message)
RETURNING id, public_id, (SELECT public_id FROM thread WHERE thread.id = thread_id) AS thread;

-- name: find^
SELECT connection_request.id, client.account_id AS client_account_id
FROM connection_request JOIN client ON client.id = connection_request.client_id
WHERE connection_request.public_id = :public_id;

-- name: settle$
UPDATE connection_request SET state = :state::connection_state, decided_at = clock_now()
WHERE id = :id AND state = 'pending' RETURNING id;

-- name: state$
SELECT state::text FROM connection_request WHERE id = :id;

-- name: pending
SELECT connection_request.public_id, client.first_name || ' ' || client.last_name AS name, client.public_id AS client,
       client.first_name, client.last_name, connection_request.message, connection_request.asked_at,
       thread.public_id AS thread
FROM connection_request JOIN client ON client.id = connection_request.client_id
JOIN account ON account.id = client.account_id AND account.state = 'active'
JOIN thread ON thread.id = connection_request.thread_id
WHERE connection_request.practitioner_id = :practitioner_id AND connection_request.state = 'pending' AND client.active
ORDER BY connection_request.asked_at, connection_request.id LIMIT 100;

-- name: settled
SELECT connection_request.public_id, client.first_name || ' ' || client.last_name AS name, client.public_id AS client,
       thread.public_id AS thread, connection_request.state::text, connection_request.decided_at
FROM connection_request JOIN client ON client.id = connection_request.client_id
JOIN thread ON thread.id = connection_request.thread_id
WHERE connection_request.practitioner_id = :practitioner_id AND connection_request.public_id = ANY (:requests::text[])
ORDER BY connection_request.id;

-- name: in_thread^
SELECT connection_request.public_id, connection_request.state::text, connection_request.practitioner_id,
       client.account_id AS client_account_id, client.first_name || ' ' || client.last_name AS name,
       client.public_id AS client, account.name AS practitioner, connection_request.asked_at, connection_request.decided_at
FROM connection_request JOIN client ON client.id = connection_request.client_id
JOIN account ON account.id = connection_request.practitioner_id
WHERE connection_request.thread_id = :thread_id ORDER BY connection_request.id DESC LIMIT 1;

-- name: told^
SELECT account.name AS practitioner_name FROM connection_request JOIN account ON account.id = connection_request.practitioner_id
WHERE connection_request.id = :id;
