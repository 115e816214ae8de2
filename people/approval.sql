-- name: find^
-- An account that is somebody's client side: whether it waits, what it is, and its file once it has one. `asked` are the
-- practitioners of sessions to come: whom it will need.
SELECT account.id, account.public_id, account.name, account.username, account.email, account.state::text AS state,
       account.has_password, account.created_at, client.id AS client_id, client.public_id AS client,
       EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client') AS staff,
       registration.department_id, registration.account_id IS NOT NULL AS registered,
       array(SELECT DISTINCT session.host_id FROM session WHERE session.visitor_id = account.id
             AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS hosts,
       (SELECT count(*) FROM session WHERE session.visitor_id = account.id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions
FROM account
LEFT JOIN client ON client.account_id = account.id
LEFT JOIN registration ON registration.account_id = account.id
WHERE account.public_id = :public_id
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'client');

-- name: hold!
-- The account that is to be approved and the one that the chosen file has now: in the order of their keys, whoever else
-- locks two.
SELECT FROM account
WHERE public_id = :public_id OR id = (SELECT account_id FROM client WHERE client.public_id = :file)
ORDER BY id FOR NO KEY UPDATE;

-- name: hold_file!
SELECT FROM client WHERE public_id = :file FOR UPDATE;

-- name: give_file!
UPDATE client SET account_id = :account_id, active = true WHERE id = :id;

-- name: open!
UPDATE account SET state = 'active', name = :name WHERE id = :id;

-- name: close!
UPDATE account SET state = 'inactive' WHERE id = :id;

-- name: wait!
UPDATE account SET state = 'pending' WHERE id = :id;

-- name: move_sessions!
-- What the file's former account was to visit, the new one visits.
UPDATE session SET visitor_id = :account_id
WHERE client_id = :client_id AND visitor_id = :former_id AND state = 'scheduled';

-- name: file_sessions!
-- What a prospect had before there was a file belongs to it from now on.
UPDATE session SET client_id = :client_id WHERE visitor_id = :account_id AND client_id IS NULL;

-- name: handled_by$
SELECT account.name FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = 'account' AND noun_id = :id AND verb IN ('approve', 'deactivate') ORDER BY audit_line.id DESC LIMIT 1;

-- name: of_ids
SELECT client.id, client.public_id, client.first_name, client.last_name, client.email, client.date_of_birth, client.active,
       client.department_id, client.account_id, account.public_id AS account, account.username,
       account.state::text AS account_state, account.has_password,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       EXISTS (SELECT FROM account_role WHERE account_role.account_id = client.account_id AND role <> 'client') AS staff
FROM unnest(:ids::bigint[]) WITH ORDINALITY AS chosen (id, place) JOIN client ON client.id = chosen.id
LEFT JOIN account ON account.id = client.account_id
ORDER BY chosen.place;

-- name: file^
SELECT id FROM client WHERE public_id = :public_id;
