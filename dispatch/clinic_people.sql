-- name: hosts
SELECT account.public_id, account.name, account.state = 'active' AS active, clinic_host.on_demand, host.takes_requests,
       host_is_available(clinic_host.clinic_id, account.id, clock_now(), clock_now() + interval '1 minute') AS available,
       (SELECT count(*) FROM request WHERE request.clinic_id = clinic_host.clinic_id AND request.host_id = account.id
            AND request.state = 'pending') AS pending,
       (SELECT count(*) FROM session WHERE session.clinic_id = clinic_host.clinic_id AND session.host_id = account.id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions
FROM clinic_host
JOIN account ON account.id = clinic_host.account_id
JOIN host ON host.account_id = account.id
WHERE clinic_host.clinic_id = :clinic_id
ORDER BY account.name, account.id;

-- name: host^
-- Read under the clinic's lock: a request that names the host waits for it, and then finds them gone, or is counted here.
SELECT account.id, account.name,
       (SELECT count(*) FROM request WHERE request.clinic_id = clinic_host.clinic_id AND request.host_id = account.id
            AND request.state = 'pending') AS pending,
       (SELECT count(*) FROM session WHERE session.clinic_id = clinic_host.clinic_id AND session.host_id = account.id
            AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()) AS sessions
FROM clinic_host JOIN account ON account.id = clinic_host.account_id
WHERE clinic_host.clinic_id = :clinic_id AND account.public_id = :host;

-- name: possible_hosts
SELECT account.id, account.public_id, account.name FROM account
WHERE account.state = 'active'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
              AND (department_id IS NULL OR department_id = :department_id))
  AND NOT EXISTS (SELECT FROM clinic_host WHERE clinic_host.clinic_id = :clinic_id AND clinic_host.account_id = account.id)
ORDER BY account.name, account.id;

-- name: hold_account!
-- Whoever takes the role away holds the same row (people/staff.py): nobody hosts where they practise no more.
SELECT FROM account WHERE public_id = :host FOR SHARE;

-- name: add_host!
-- Whoever hosts for the first time keeps time as the organization does, until they choose a zone of their own.
WITH made AS (
    INSERT INTO host (account_id, organization_id, time_zone)
    SELECT :account_id, organization.id, organization.time_zone FROM organization WHERE organization.id = tenant()
    ON CONFLICT DO NOTHING
)
INSERT INTO clinic_host (organization_id, clinic_id, account_id) VALUES (tenant(), :clinic_id, :account_id);

-- name: remove_host!
DELETE FROM clinic_host WHERE clinic_id = :clinic_id AND account_id = :account_id;

-- name: schedulers
SELECT account.public_id, account.name, account.state = 'active' AS active
FROM clinic_scheduler JOIN account ON account.id = clinic_scheduler.account_id
WHERE clinic_scheduler.clinic_id = :clinic_id
ORDER BY account.name, account.id;

-- name: possible_schedulers
SELECT account.id, account.public_id, account.name FROM account
WHERE account.state = 'active'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'scheduler')
  AND NOT EXISTS (SELECT FROM clinic_scheduler
                  WHERE clinic_scheduler.clinic_id = :clinic_id AND clinic_scheduler.account_id = account.id)
ORDER BY account.name, account.id;

-- name: add_scheduler!
INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id) VALUES (tenant(), :clinic_id, :account_id);

-- name: remove_scheduler$
DELETE FROM clinic_scheduler USING account
WHERE clinic_scheduler.clinic_id = :clinic_id AND account.id = clinic_scheduler.account_id AND account.public_id = :scheduler
RETURNING account.id;
