-- name: factor^
SELECT totp_secret, email, floor(extract(epoch FROM clock_now()) / 30)::bigint AS step,
       (SELECT count(*) FROM passkey WHERE passkey.account_id = account.id) AS passkeys
FROM account WHERE id = :account_id;

-- name: begin!
INSERT INTO second_step (token_hash, organization_id, account_id)
SELECT :token_hash, organization_id, id FROM account WHERE id = :account_id;

-- name: forget_old!
DELETE FROM second_step WHERE created_at < clock_now() - :patience::interval;

-- name: waiting$
SELECT account.id FROM second_step JOIN account ON account.id = second_step.account_id
WHERE token_hash = :token_hash AND second_step.created_at > clock_now() - :patience::interval
  AND account.state IN ('pending', 'active');

-- name: ways^
SELECT account.totp_secret IS NOT NULL AS by_code,
       EXISTS (SELECT FROM passkey WHERE passkey.account_id = account.id) AS by_passkey
FROM second_step JOIN account ON account.id = second_step.account_id
WHERE token_hash = :token_hash AND second_step.created_at > clock_now() - :patience::interval;

-- name: end$
-- None if a new password ended it meanwhile, or another code completed it.
DELETE FROM second_step WHERE token_hash = :token_hash RETURNING account_id;

-- name: use_step$
-- The guard makes two tries with one code one success, even at the same moment.
UPDATE account SET totp_step = :step
WHERE id = :account_id AND totp_secret IS NOT NULL AND coalesce(totp_step, 0) < :step
RETURNING id;

-- name: turn_on!
UPDATE account SET totp_secret = :secret, totp_step = :step WHERE id = :account_id;

-- name: turn_off!
UPDATE account SET totp_secret = NULL, totp_step = NULL WHERE id = :account_id;

-- name: add_recovery!
INSERT INTO recovery_code (organization_id, account_id, code_hash)
SELECT organization_id, id, unnest(:code_hashes::bytea[]) FROM account WHERE id = :account_id;

-- name: use_recovery^
UPDATE recovery_code SET used_at = clock_now()
FROM account
WHERE recovery_code.account_id = :account_id AND code_hash = :code_hash AND used_at IS NULL
  AND account.id = recovery_code.account_id AND (account.totp_secret IS NOT NULL OR EXISTS (SELECT FROM passkey WHERE passkey.account_id = account.id))
RETURNING account.organization_id, account.email;

-- name: recovery_left$
SELECT count(*) FROM recovery_code WHERE account_id = :account_id AND used_at IS NULL;

-- name: forget_recovery!
DELETE FROM recovery_code WHERE account_id = :account_id;
