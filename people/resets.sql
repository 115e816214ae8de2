-- name: add^
WITH known AS (
    SELECT account.id, account.organization_id, account.email
    FROM account JOIN organization ON organization.id = account.organization_id
    WHERE organization.slug = :slug AND (account.username = :login OR account.email = :login)
      AND account.state IN ('pending', 'active')
    ORDER BY account.username = :login DESC
    LIMIT 1
), added AS (
    INSERT INTO password_reset (token_hash, organization_id, account_id, expires_at)
    SELECT :token_hash, organization_id, id, clock_now() + :lifetime::interval FROM known
)
SELECT id, organization_id, email FROM known;

-- name: look^
SELECT account.id, account.organization_id, account.username, account.email
FROM password_reset
JOIN account ON account.id = password_reset.account_id
JOIN organization ON organization.id = account.organization_id
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now() AND organization.slug = :slug
  AND account.state IN ('pending', 'active');

-- name: use$
UPDATE password_reset SET used_at = clock_now()
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now()
RETURNING account_id;

-- name: set_password!
UPDATE account SET password_hash = :password_hash WHERE id = :account_id;

-- name: end_links!
UPDATE password_reset SET used_at = clock_now() WHERE account_id = :account_id AND used_at IS NULL;

-- name: end_email_changes!
UPDATE email_change SET used_at = clock_now() WHERE account_id = :account_id AND used_at IS NULL;

-- name: end_second_steps!
DELETE FROM second_step WHERE account_id = :account_id;

-- name: end_tokens!
UPDATE api_token SET revoked_at = clock_now() WHERE account_id = :account_id AND revoked_at IS NULL;
