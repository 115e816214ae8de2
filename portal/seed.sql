-- name: administrator^
SELECT account.id, account.organization_id, account.public_id, account.name
FROM account JOIN organization ON organization.id = account.organization_id
WHERE slug = :slug AND username = :username;

-- name: account$
SELECT public_id FROM account WHERE username = :username;

-- name: client$
SELECT client.public_id FROM client JOIN account ON account.id = client.account_id WHERE username = :username;

-- name: person^
SELECT id, organization_id, public_id, name FROM account WHERE username = :username;

-- name: pair^
-- A client's file, and the department in which a practitioner practises.
SELECT client.id AS client_id, client.public_id AS client, account_role.department_id
FROM client JOIN account ON account.id = client.account_id AND account.username = :client
JOIN account AS person ON person.username = :practitioner
JOIN account_role ON account_role.account_id = person.id AND account_role.role = 'practitioner'
    AND account_role.department_id IS NOT NULL
LIMIT 1;
