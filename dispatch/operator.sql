-- name: sender^
SELECT account.name, account.email, organization.name AS organization_name, organization.slug AS organization_slug
FROM account JOIN organization ON organization.id = account.organization_id WHERE account.id = :id;
