-- name: find^
SELECT client.id, client.public_id, client.first_name, client.last_name, client.email, client.date_of_birth,
       client.department_id, department.public_id AS department, department.name AS department_name, client.active,
       client.created_at, client.account_id, account.username, account.email AS account_email,
       account.state::text AS account_state, account.has_password,
       EXISTS (SELECT FROM account_role WHERE account_role.account_id = client.account_id AND role <> 'client') AS staff,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       (SELECT count(*) FROM session WHERE session.client_id = client.id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions,
       md5(client::text || coalesce(account.state::text, '') || array(
           SELECT association.practitioner_id || ' ' || association.department_id FROM association
           WHERE association.client_id = client.id ORDER BY association.practitioner_id)::text) AS version
FROM client
LEFT JOIN account ON account.id = client.account_id
LEFT JOIN department ON department.id = client.department_id
WHERE client.public_id = :public_id;

-- name: hold_account!
-- Accounts before files, whoever locks both.
SELECT FROM account WHERE id = (SELECT account_id FROM client WHERE public_id = :public_id) FOR NO KEY UPDATE;

-- name: hold$
SELECT id FROM client WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: insert^
INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth, department_id)
VALUES (tenant(), :account_id, :first_name, :last_name, :email, :date_of_birth, :department_id)
RETURNING id, public_id;

-- name: update!
UPDATE client SET first_name = :first_name, last_name = :last_name, email = :email, date_of_birth = :date_of_birth,
       department_id = :department_id
WHERE id = :id;

-- name: set_account!
UPDATE client SET account_id = :account_id WHERE id = :id AND account_id IS NULL;

-- name: set_active!
UPDATE client SET active = :active WHERE id = :id;

-- name: set_state!
-- The file follows (follow_account in schema.sql).
UPDATE account SET state = :state::account_state WHERE id = :id;

-- name: rename!
UPDATE account SET name = :name WHERE id = :id AND name <> :name;

-- name: set_email!
UPDATE account SET email = :email WHERE id = :id;

-- name: make_account$
-- A name that nobody signs in by stands until its owner chooses one.
INSERT INTO account (organization_id, username, email, name, state)
VALUES (tenant(), :username, :email, :name, 'unverified')
ON CONFLICT (organization_id, email) DO NOTHING
RETURNING id;

-- name: account_of^
-- `guest`: somebody who was only ever invited into sessions, and has neither a password nor a role.
SELECT id, state = 'pending' AND NOT has_password
       AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id) AS guest
FROM account WHERE email = :email FOR NO KEY UPDATE;

-- name: add_client_role!
INSERT INTO account_role (organization_id, account_id, role) VALUES (tenant(), :account_id, 'client') ON CONFLICT DO NOTHING;

-- name: holder^
-- Whose address it is: an account's, unless that is a mere guest's (account_of). `waits`: signed up, has no file yet.
SELECT account.public_id, account.name, registration.department_id,
       array(SELECT department_id FROM account_role WHERE account_id = account.id AND role <> 'client'
             AND department_id IS NOT NULL) AS department_ids,
       EXISTS (SELECT FROM account_role WHERE account_id = account.id AND role <> 'client') AS staff,
       EXISTS (SELECT FROM client WHERE account_id = account.id) AS has_file,
       EXISTS (SELECT FROM account_role WHERE account_id = account.id AND role = 'client')
       AND NOT EXISTS (SELECT FROM client WHERE account_id = account.id) AS waits
FROM account LEFT JOIN registration ON registration.account_id = account.id
WHERE account.email = :email AND NOT (account.state = 'pending' AND NOT account.has_password
      AND NOT EXISTS (SELECT FROM account_role WHERE account_id = account.id));

-- name: known_files
-- Files, of the same address or of the same name and date of birth (A-06), with what tells who may see them.
SELECT client.id, client.public_id, client.first_name, client.last_name, client.email, client.date_of_birth,
       client.department_id, client.active, client.email = :email AS same_email,
       coalesce(client.account_id = (SELECT id FROM account WHERE email = :email), false) AS holds_address,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids
FROM client
WHERE client.email = :email OR client.account_id = (SELECT id FROM account WHERE email = :email)
   OR client.last_key = folded(:last_name) AND client.first_key = folded(:first_name)
      AND client.date_of_birth = :date_of_birth
ORDER BY holds_address DESC, same_email DESC, client.last_key, client.first_key, client.id LIMIT 10;

-- name: last_changed_by$
SELECT account.name FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = 'client' AND noun_id = :id ORDER BY audit_line.id DESC LIMIT 1;

-- name: history
-- The file's own lines, and the approval of the account that it has.
SELECT audit_line.at, audit_line.verb, account.name AS by
FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = 'client' AND noun_id = :id
   OR noun = 'account' AND verb = 'approve'
      AND noun_id = (SELECT client.account_id FROM client WHERE client.id = :id)
ORDER BY audit_line.id DESC LIMIT 50;
