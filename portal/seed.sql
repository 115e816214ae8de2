-- name: administrator^
SELECT account.id, account.organization_id, account.public_id, account.name
FROM account JOIN organization ON organization.id = account.organization_id
WHERE slug = :slug AND username = :username;

-- name: account$
SELECT public_id FROM account WHERE username = :username;

-- name: client$
SELECT client.public_id FROM client JOIN account ON account.id = client.account_id WHERE username = :username;
