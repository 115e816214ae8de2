-- name: hold^
-- Two who send a link at once follow each other, so that one link stays; and whoever takes an invitation back.
SELECT email, name FROM account
WHERE id = :id AND organization_id = :organization_id AND state <> 'inactive' AND NOT has_password
FOR NO KEY UPDATE;

-- name: is_taken_back$
-- An invitation was, and nobody of the staff has sent a link since.
SELECT EXISTS (
    SELECT FROM invitation WHERE invitation.account_id = :account_id AND invitation.revoked_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM setup_link
                    WHERE setup_link.account_id = :account_id AND setup_link.created_at > invitation.revoked_at));

-- name: end_older!
UPDATE setup_link SET used_at = clock_now() WHERE account_id = :account_id AND used_at IS NULL;

-- name: add!
INSERT INTO setup_link (token_hash, organization_id, account_id, expires_at)
VALUES (:token_hash, :organization_id, :account_id, clock_now() + :lifetime::interval);

-- name: renew_invitation$
UPDATE invitation SET email = :email, sent_at = clock_now(), expires_at = clock_now() + :lifetime::interval
WHERE account_id = :account_id AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id;

-- name: look^
SELECT account.id, account.organization_id, account.name, account.email
FROM setup_link
JOIN account ON account.id = setup_link.account_id
JOIN organization ON organization.id = account.organization_id
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now() AND organization.slug = :slug
  AND account.state <> 'inactive' AND NOT account.has_password;

-- name: lock!
-- Before the link: whoever takes it back, or sends another, locks the account first.
SELECT FROM account WHERE id = :id FOR NO KEY UPDATE;

-- name: use$
UPDATE setup_link SET used_at = clock_now()
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > clock_now()
RETURNING account_id;

-- name: define$
-- Whom the staff made an account for is approved by that (A-01); whoever proved an address by a code still waits for it.
UPDATE account SET username = :username, password_hash = :password_hash,
       state = CASE WHEN state = 'unverified' THEN 'active' ELSE state END
WHERE id = :id AND state <> 'inactive' AND password_hash IS NULL
RETURNING id;

-- name: waiting^
-- The account that this user name or email belongs to, if nobody has chosen a password for it: the staff made it, or its owner
-- came by a code or as a guest.
SELECT account.id, account.organization_id FROM account JOIN organization ON organization.id = account.organization_id
WHERE organization.slug = :slug AND (account.username = :login OR account.email = :login)
  AND account.state <> 'inactive' AND NOT account.has_password
ORDER BY account.username = :login DESC
LIMIT 1;
