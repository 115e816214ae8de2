-- name: practitioners
-- With the departments in which they practise; a role in the whole organization is one in each.
SELECT account.id, account.public_id, account.name,
       (SELECT json_agg(json_build_object('id', department.id, 'public_id', department.public_id, 'name', department.name)
                        ORDER BY lower(department.name), department.id)
        FROM department WHERE EXISTS (
            SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
            AND (department_id IS NULL OR department_id = department.id))) AS departments
FROM account
WHERE account.state <> 'inactive'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner')
  AND EXISTS (SELECT FROM department)
ORDER BY account.name, account.id;

-- name: departments_of
SELECT id, public_id, name FROM department WHERE EXISTS (
    SELECT FROM account_role WHERE account_role.account_id = :practitioner_id AND role = 'practitioner'
    AND (department_id IS NULL OR department_id = department.id))
ORDER BY lower(name), id;

-- name: hold_practitioner$
SELECT id FROM account WHERE id = :id FOR SHARE;

-- name: hold$
SELECT department_id FROM association WHERE client_id = :client_id AND practitioner_id = :practitioner_id FOR UPDATE;

-- name: add$
INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
VALUES (tenant(), :client_id, :practitioner_id, :department_id)
ON CONFLICT (client_id, practitioner_id) DO NOTHING RETURNING client_id;

-- name: move!
UPDATE association SET department_id = :department_id
WHERE client_id = :client_id AND practitioner_id = :practitioner_id;

-- name: remove!
DELETE FROM association WHERE client_id = :client_id AND practitioner_id = :practitioner_id;

-- name: of_client
SELECT account.id, account.public_id, account.name, account.state = 'active' AS active, association.department_id,
       department.public_id AS department, department.name AS department_name, association.made_at,
       (SELECT count(*) FROM session WHERE session.client_id = association.client_id AND session.host_id = account.id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions
FROM association
JOIN account ON account.id = association.practitioner_id
JOIN department ON department.id = association.department_id
WHERE association.client_id = :client_id
ORDER BY account.name, account.id;

-- name: of_practitioner
SELECT client.id, client.public_id, client.first_name || ' ' || client.last_name AS name, client.active,
       association.department_id, department.public_id AS department, department.name AS department_name,
       association.made_at,
       (SELECT count(*) FROM session WHERE session.client_id = client.id
            AND session.host_id = association.practitioner_id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions
FROM association
JOIN client ON client.id = association.client_id
JOIN department ON department.id = association.department_id
WHERE association.practitioner_id = :practitioner_id
ORDER BY lower(client.last_name), lower(client.first_name), client.id;
