-- name: own_file$
SELECT id FROM client WHERE account_id = :account_id;

-- name: ask$
INSERT INTO export (organization_id, account_id, client_id) VALUES (:organization_id, :account_id, :client_id::bigint)
ON CONFLICT (account_id, (client_id IS NULL)) WHERE state IN ('waiting', 'running') DO NOTHING RETURNING id;

-- name: asked
SELECT export.public_id, export.state::text, export.done, export.steps, export.asked_at, export.ready_at, export.expires_at,
       export.state = 'ready' AND export.expires_at > clock_now() AS is_ready, stored_file.bytes
FROM export LEFT JOIN stored_file ON stored_file.id = export.file_id
WHERE export.account_id = :account_id AND (export.client_id IS NULL) = :whole ORDER BY export.asked_at DESC LIMIT 5;

-- name: ready^
SELECT export.id, export.client_id IS NULL AS whole, export.ready_at, stored_file.name, stored_file.bytes
FROM export JOIN stored_file ON stored_file.id = export.file_id
WHERE export.public_id = :public_id AND export.account_id = :account_id AND export.state = 'ready'
  AND export.expires_at > clock_now();

-- name: begin^
UPDATE export SET state = 'running', done = 0 WHERE id = :id AND state IN ('waiting', 'running')
RETURNING id, account_id, client_id;

-- name: tell!
UPDATE export SET done = :done, steps = :steps WHERE id = :id AND state = 'running';

-- name: finish^
UPDATE export SET state = 'ready', file_id = :file_id, done = steps, ready_at = clock_now(),
       expires_at = clock_now() + :good_for::interval
FROM account WHERE export.id = :id AND export.state = 'running' AND account.id = export.account_id
RETURNING account.email, CASE WHEN export.client_id IS NULL THEN '/organization/export' ELSE '/account/documents' END AS page;
