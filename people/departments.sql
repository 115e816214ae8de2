-- name: of_organization
SELECT id, public_id, name FROM department ORDER BY lower(name), id;

-- name: overview
SELECT department.public_id, department.name, counts.administrators, counts.coordinators, counts.practitioners,
       counts.schedulers, (SELECT count(*) FROM clinic WHERE clinic.department_id = department.id) AS clinics,
       (SELECT count(*) FROM client WHERE client.active AND (client.department_id = department.id OR EXISTS (
           SELECT FROM association WHERE association.client_id = client.id
           AND association.department_id = department.id))) AS clients
FROM department
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE role = 'department_administrator') AS administrators,
           count(*) FILTER (WHERE role = 'care_coordinator') AS coordinators,
           count(*) FILTER (WHERE role = 'practitioner') AS practitioners,
           count(*) FILTER (WHERE role = 'scheduler') AS schedulers
    FROM account_role JOIN account ON account.id = account_role.account_id AND account.state <> 'inactive'
    WHERE account_role.department_id = department.id
) AS counts
ORDER BY lower(department.name), department.id;

-- name: find^
SELECT id, public_id, name FROM department WHERE public_id = :public_id;

-- name: hold!
SELECT FROM organization WHERE id = tenant() FOR NO KEY UPDATE;

-- name: taken$
SELECT EXISTS (SELECT FROM department WHERE lower(name) = lower(:name) AND public_id IS DISTINCT FROM :but);

-- name: add^
INSERT INTO department (organization_id, name) VALUES (tenant(), :name) ON CONFLICT (organization_id, name) DO NOTHING
RETURNING id, public_id;

-- name: remove!
DELETE FROM department WHERE id = :id;

-- name: rename$
UPDATE department SET name = :name WHERE id = :id AND name <> :name RETURNING id;
