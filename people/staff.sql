-- name: listed
-- Staff are accounts with any role but client. department_ids NULL: everybody; else whoever holds a role in one of these.
SELECT account.public_id, account.name, account.email, account.state::text, account.has_password, held.roles
FROM account
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('role', account_role.role, 'department', department.name)
                    ORDER BY account_role.role, lower(department.name)) AS roles,
           array_agg(account_role.role::text) AS names, array_agg(account_role.department_id) AS department_ids,
           array_agg(department.public_id) FILTER (WHERE :role = '' OR account_role.role::text = :role) AS departments
    FROM account_role LEFT JOIN department ON department.id = account_role.department_id
    WHERE account_role.account_id = account.id AND role <> 'client'
) AS held
WHERE held.names IS NOT NULL
  AND (:department_ids::bigint[] IS NULL OR held.department_ids && :department_ids::bigint[])
  AND (:role = '' OR :role = ANY (held.names))
  AND (:department = '' OR :department = ANY (held.departments))
  AND (:state = '' OR (:state = 'inactive') = (account.state = 'inactive'))
  AND (:words = '' OR position(folded(:words) IN folded(account.name)) > 0 OR position(folded(:words) IN account.email) > 0)
ORDER BY folded(account.name), account.id
LIMIT :most;

-- name: find^
-- `version` is what somebody saw who edits: all that the form shows.
SELECT account.id, account.public_id, account.name, account.email, account.state::text, account.has_password,
       account.created_at, NOT 'new_client' = ANY (account.unwanted_mail) AS notified,
       coalesce(held.held, '[]') AS held, coalesce(held.department_ids, '{}') AS department_ids,
       coalesce(held.practises_in, '{}') AS practises_in, coalesce(held.anywhere, false) AS practises_anywhere,
       coalesce(held.named, '[]') AS roles,
       md5(concat_ws('|', account.name, account.email, account.state, account.unwanted_mail, held.held::text)) AS version
FROM account
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(role, department_id) ORDER BY role, department_id) AS held,
           json_agg(json_build_object('role', role, 'department', department.public_id, 'name', department.name)
                    ORDER BY role, lower(department.name)) AS named,
           array_agg(department_id) FILTER (WHERE department_id IS NOT NULL AND role <> 'client') AS department_ids,
           array_agg(department_id) FILTER (WHERE department_id IS NOT NULL AND role = 'practitioner') AS practises_in,
           bool_or(department_id IS NULL AND role = 'practitioner') AS anywhere
    FROM account_role LEFT JOIN department ON department.id = account_role.department_id
    WHERE account_role.account_id = account.id
) AS held ON true
WHERE account.public_id = :public_id
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client');

-- name: hold_organization!
-- Whoever changes roles or closes accounts does it one after the other, so that one administrator stays.
SELECT FROM organization WHERE id = tenant() FOR NO KEY UPDATE;

-- name: hold!
-- Against who associates clients with this person meanwhile (people/associations.py).
SELECT FROM account WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: other_administrators$
SELECT count(*) FROM account WHERE state = 'active' AND id <> :account_id AND EXISTS (
    SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'organization_administrator');

-- name: insert^
INSERT INTO account (organization_id, username, email, name, state) VALUES (tenant(), :username, :email, :name, 'unverified')
ON CONFLICT (organization_id, email) DO NOTHING RETURNING id, public_id;

-- name: adopt^
-- Who was only ever invited to a session as a guest (dispatch/guests.py) has an account without any role.
UPDATE account SET name = :name, state = 'active'
WHERE email = :email AND state IN ('pending', 'active') AND NOT has_password
  AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id)
  AND NOT EXISTS (SELECT FROM client WHERE client.account_id = account.id)
RETURNING id, public_id;

-- name: update!
UPDATE account SET name = :name, email = :email, unwanted_mail = CASE WHEN :notified
           THEN array_remove(unwanted_mail, 'new_client')
           ELSE array_append(array_remove(unwanted_mail, 'new_client'), 'new_client') END
WHERE id = :id;

-- name: add_role!
INSERT INTO account_role (organization_id, account_id, role, department_id)
VALUES (tenant(), :account_id, :role::role_name, :department_id) ON CONFLICT DO NOTHING;

-- name: remove_role!
DELETE FROM account_role
WHERE account_id = :account_id AND role = :role::role_name AND department_id IS NOT DISTINCT FROM :department_id::bigint;

-- name: leave_clinics!
-- Who schedules no more decides nothing for clinics; who lost one department, nothing for its clinics.
DELETE FROM clinic_scheduler USING clinic
WHERE clinic_scheduler.account_id = :account_id AND clinic.id = clinic_scheduler.clinic_id
  AND (:nowhere OR clinic.department_id = ANY (:gone::bigint[]));

-- name: holds_practitioner
-- What keeps somebody a practitioner of each department: clients, and clinics that they host.
SELECT department.id, department.name,
       (SELECT count(*) FROM association
        WHERE association.practitioner_id = :account_id AND association.department_id = department.id) AS clients,
       array(SELECT clinic.name FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
             WHERE clinic_host.account_id = :account_id AND clinic.department_id = department.id ORDER BY clinic.name) AS clinics
FROM department ORDER BY lower(department.name), department.id;

-- name: switch$
UPDATE account SET state = :state::account_state
WHERE id = :id AND (state = 'inactive') <> (:state = 'inactive') RETURNING id;

-- name: effects^
-- What an account's end leaves to others.
SELECT (SELECT count(*) FROM session WHERE host_id = :account_id AND state IN ('scheduled', 'in_progress')
            AND ends_at > clock_now()) AS sessions,
       (SELECT count(*) FROM request WHERE host_id = :account_id AND state = 'pending') AS requests,
       (SELECT count(*) FROM connection_request WHERE practitioner_id = :account_id AND state = 'pending') AS connections,
       (SELECT count(*) FROM association WHERE practitioner_id = :account_id) AS clients,
       array(SELECT clinic.name FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
             WHERE clinic_host.account_id = :account_id ORDER BY clinic.name) AS hosts,
       array(SELECT clinic.name FROM clinic_scheduler JOIN clinic ON clinic.id = clinic_scheduler.clinic_id
             WHERE clinic_scheduler.account_id = :account_id ORDER BY clinic.name) AS schedules;
