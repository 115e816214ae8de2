-- name: account^
-- `by_code`: whether a code sent to this address may sign in; never where there is a password or another role.
SELECT account.id, account.state IN ('pending', 'active') AND account.password_hash IS NULL
       AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client') AS by_code
FROM account WHERE organization_id = :organization_id AND email = :email;

-- name: end_others!
UPDATE email_code SET used_at = clock_now()
WHERE organization_id = :organization_id AND email = :email AND used_at IS NULL;

-- name: add!
INSERT INTO email_code (organization_id, public_id, email, name, code_hash, expires_at)
VALUES (:organization_id, :public_id, :email, :name, :code_hash, clock_now() + :lifetime::interval);

-- name: take_try^
UPDATE email_code SET tries = tries + 1
WHERE organization_id = :organization_id AND public_id = :public_id AND used_at IS NULL
  AND expires_at > clock_now() AND tries < :most_tries
RETURNING email, name, code_hash;

-- name: use$
UPDATE email_code SET used_at = clock_now() WHERE public_id = :public_id AND used_at IS NULL RETURNING id;

-- name: make$
WITH made AS (
    INSERT INTO account (organization_id, username, email, name, state)
    VALUES (:organization_id, :username, :email, :name, 'pending')
    ON CONFLICT (organization_id, email) DO NOTHING
    RETURNING id
), role AS (
    INSERT INTO account_role (organization_id, account_id, role) SELECT :organization_id, id, 'client' FROM made
)
SELECT id FROM made;

-- name: add_client_role!
-- Somebody who was only ever a guest (dispatch/guests.py) now asks for themselves.
INSERT INTO account_role (organization_id, account_id, role)
SELECT organization_id, id, 'client' FROM account WHERE id = :id ON CONFLICT DO NOTHING;

-- name: rename!
-- Until somebody on the staff has approved the account, its owner says what they are called.
UPDATE account SET name = :name WHERE id = :id AND state = 'pending' AND name <> :name;
