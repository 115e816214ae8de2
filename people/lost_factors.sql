-- name: hold^
SELECT email, totp_secret IS NOT NULL OR EXISTS (SELECT FROM passkey WHERE passkey.account_id = account.id) AS has_one
FROM account WHERE id = :account_id AND organization_id = :organization_id FOR NO KEY UPDATE;

-- name: drop!
WITH keys AS (DELETE FROM passkey WHERE account_id = :account_id),
     codes AS (DELETE FROM recovery_code WHERE account_id = :account_id),
     steps AS (DELETE FROM second_step WHERE account_id = :account_id),
     browsers AS (DELETE FROM sign_in WHERE account_id = :account_id)
UPDATE account SET totp_secret = NULL, totp_step = NULL WHERE id = :account_id;
