-- name: of_account^
SELECT registration.account_id, account.public_id, account.state::text AS state, account.email, registration.department_id,
       department.name AS department_name, unsure, first_name, last_name, date_of_birth, phone, region, language, reason,
       earlier_care, emergency_contact, confirmed_at, chosen.name AS practitioner_name
FROM registration
JOIN account ON account.id = registration.account_id
LEFT JOIN department ON department.id = registration.department_id
LEFT JOIN account AS chosen ON chosen.id = registration.practitioner_id
WHERE registration.account_id = :account_id;

-- name: organization_of$
SELECT organization_id FROM registration WHERE account_id = :account_id;

-- name: pending_of
-- Oldest first. `after` is the account key of the row before, 0 for the beginning.
SELECT registration.account_id, account.public_id, account.email, registration.department_id,
       department.name AS department_name, unsure, first_name, last_name, date_of_birth, confirmed_at
FROM registration
JOIN account ON account.id = registration.account_id
LEFT JOIN department ON department.id = registration.department_id
WHERE account.state = 'pending' AND (:everywhere::boolean OR registration.department_id = ANY (:departments::bigint[]))
  AND registration.account_id > :after
ORDER BY registration.account_id
LIMIT :limit;

-- name: count_pending$
SELECT count(*) FROM registration JOIN account ON account.id = registration.account_id
WHERE account.state = 'pending' AND (:everywhere::boolean OR registration.department_id = ANY (:departments::bigint[]));

-- name: duplicates
-- Files first. A registration whose account has a file already is found as that file.
SELECT 'file' AS kind, client.id AS client_id, client.account_id, client.public_id, first_name, last_name, client.email,
       date_of_birth, department_id, active, client.email = :email AS same_email
FROM client
WHERE (client.email COLLATE "C" = :email
       OR (date_of_birth = :date_of_birth AND last_key = folded(:last_name) AND first_key = folded(:first_name)))
  AND client.account_id IS DISTINCT FROM :account_id
UNION ALL
SELECT 'registration', NULL, registration.account_id, account.public_id, first_name, last_name, account.email,
       date_of_birth, registration.department_id, account.state <> 'inactive', false
FROM registration
JOIN account ON account.id = registration.account_id
WHERE date_of_birth = :date_of_birth AND folded(last_name) = folded(:last_name) AND folded(first_name) = folded(:first_name)
  AND registration.account_id <> :account_id
  AND NOT EXISTS (SELECT FROM client WHERE client.account_id = registration.account_id)
ORDER BY kind, same_email DESC, last_name, first_name, public_id
LIMIT 20;

-- name: is_open$
SELECT registration <> 'invite_only' FROM organization WHERE id = :id;
