-- name: add$
INSERT INTO organization (slug, name, time_zone) VALUES (:slug, :name, :time_zone) ON CONFLICT (slug) DO NOTHING
RETURNING id;

-- name: add_administrator$
WITH made AS (
    INSERT INTO account (organization_id, username, email, name, state)
    VALUES (:organization_id, :username, :email, :name, 'unverified') RETURNING id, organization_id
), role AS (
    INSERT INTO account_role (organization_id, account_id, role)
    SELECT organization_id, id, 'organization_administrator' FROM made
)
SELECT id FROM made;
