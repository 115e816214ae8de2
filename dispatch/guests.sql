-- name: hold!
SELECT FROM session WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: count$
SELECT count(*) FROM guest WHERE session_id = :session_id AND revoked_at IS NULL;

-- name: make_account^
INSERT INTO account (organization_id, username, email, name, state)
VALUES (tenant(), :username, :email, :name, 'pending')
ON CONFLICT (organization_id, email) DO NOTHING
RETURNING id, state::text;

-- name: account^
SELECT id, state::text FROM account WHERE email = :email;

-- name: add^
INSERT INTO guest (organization_id, session_id, account_id, name, email, relation, invited_by)
VALUES (tenant(), :session_id, :account_id, :name, :email, :relation, :invited_by)
ON CONFLICT (session_id, account_id) WHERE revoked_at IS NULL DO NOTHING
RETURNING id, public_id, account_id, name, email, relation;

-- name: find^
SELECT id, public_id, account_id, name, email, relation FROM guest
WHERE session_id = :session_id AND public_id = :public_id;

-- name: withdraw$
UPDATE guest SET revoked_at = clock_now() WHERE id = :id AND revoked_at IS NULL RETURNING id;

-- name: name_of$
SELECT name FROM guest WHERE session_id = :session_id AND account_id = :account_id AND revoked_at IS NULL;
