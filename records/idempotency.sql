-- name: claim$
INSERT INTO answered (organization_id, account_id, key, verb)
VALUES (:organization_id, :account_id, :key, :verb)
ON CONFLICT DO NOTHING RETURNING key;

-- name: fill!
UPDATE answered SET answer = :answer::json WHERE account_id = :account_id AND key = :key;

-- name: recall^
SELECT verb, answer::json FROM answered WHERE account_id = :account_id AND key = :key;
