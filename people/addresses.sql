-- name: hold^
-- Two who ask at once follow each other, so that one link stays.
SELECT account.email,
       EXISTS (SELECT FROM account AS other WHERE other.organization_id = account.organization_id AND other.email = :email
               AND other.id <> account.id) AS taken
FROM account WHERE account.id = :id FOR NO KEY UPDATE OF account;

-- name: end_older!
UPDATE email_change SET used_at = clock_now() WHERE account_id = :account_id AND used_at IS NULL;

-- name: add!
INSERT INTO email_change (token_hash, organization_id, account_id, email, expires_at)
SELECT :token_hash, organization_id, id, :email, clock_now() + :lifetime::interval FROM account WHERE id = :account_id;

-- name: look^
SELECT account.id AS account_id, account.organization_id, account.name, email_change.email, account.email AS former
FROM email_change
JOIN account ON account.id = email_change.account_id
JOIN organization ON organization.id = account.organization_id
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now() AND organization.slug = :slug
  AND account.state IN ('pending', 'active');

-- name: use$
UPDATE email_change SET used_at = clock_now()
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now()
RETURNING account_id;

-- name: change!
UPDATE account SET email = :email WHERE id = :id;

-- name: change_file!
UPDATE client SET email = :email WHERE account_id = :id AND email = :former;
