-- name: toggles
SELECT clinic.public_id, clinic.name, clinic_host.on_demand, clinic_host.switched_off_at, host.takes_requests
FROM clinic_host
JOIN clinic ON clinic.id = clinic_host.clinic_id
JOIN host ON host.account_id = clinic_host.account_id
WHERE clinic_host.account_id = :account_id AND clinic.availability = 'on_demand'
ORDER BY clinic.name, clinic.id;

-- name: switch$
UPDATE clinic_host SET on_demand = :on, switched_off_at = NULL
FROM clinic
WHERE clinic.id = clinic_host.clinic_id AND clinic.public_id = :clinic AND clinic_host.account_id = :account_id
  AND clinic.availability = 'on_demand'
RETURNING clinic.id;

-- name: switched_on
-- Of every organization, by the system role.
SELECT DISTINCT clinic_host.organization_id, clinic_host.account_id
FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
WHERE clinic_host.on_demand AND clinic.availability = 'on_demand' ORDER BY 1, 2;

-- name: switch_off
UPDATE clinic_host SET on_demand = false, switched_off_at = clock_now()
FROM clinic, account, host
WHERE clinic.id = clinic_host.clinic_id AND account.id = clinic_host.account_id AND host.account_id = account.id
  AND clinic_host.account_id = :account_id AND clinic_host.on_demand AND clinic.availability = 'on_demand'
RETURNING clinic.id AS clinic_id, clinic.name, account.email, host.time_zone,
          to_char(clinic_host.switched_off_at AT TIME ZONE host.time_zone, 'HH24:MI') AS clock;
