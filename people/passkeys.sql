-- name: remember!
INSERT INTO passkey_challenge (challenge, organization_id, account_id, purpose)
VALUES (:challenge, :organization_id, :account_id, :purpose);

-- name: take$
-- Once: of two who bring the same one, one finds it.
DELETE FROM passkey_challenge
WHERE challenge = :challenge AND purpose = :purpose AND organization_id = :organization_id
  AND account_id IS NOT DISTINCT FROM :account_id::bigint AND created_at > clock_now() - :patience::interval
RETURNING challenge;

-- name: add$
INSERT INTO passkey (organization_id, account_id, name, credential_id, public_key, sign_count, transports)
VALUES (:organization_id, :account_id, :name, :credential_id, :public_key, :sign_count, :transports)
RETURNING id;

-- name: of_account
SELECT public_id, name, credential_id, transports, created_at, used_at
FROM passkey WHERE account_id = :account_id ORDER BY id;

-- name: rename$
UPDATE passkey SET name = :name WHERE account_id = :account_id AND public_id = :public_id RETURNING id;

-- name: remove^
DELETE FROM passkey WHERE account_id = :account_id AND public_id = :public_id RETURNING id, name;

-- name: find^
SELECT passkey.id, account_id, public_key, sign_count, account.public_id AS account_public_id, account.state::text
FROM passkey JOIN account ON account.id = passkey.account_id
WHERE credential_id = :credential_id AND passkey.organization_id = :organization_id;

-- name: use$
-- The counter of a device that counts only rises.
UPDATE passkey SET sign_count = :sign_count, used_at = clock_now()
WHERE id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0))
RETURNING id;
