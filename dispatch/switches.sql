-- name: organization^
SELECT id, public_id, slug, name, currency, requests_open FROM organization WHERE id = tenant();

-- name: hosts
SELECT account.public_id, account.name, coalesce(host.takes_requests, true) AS takes_requests,
       array(SELECT department.name FROM account_role JOIN department ON department.id = account_role.department_id
             WHERE account_role.account_id = account.id AND role = 'practitioner' ORDER BY department.name) AS department_names,
       array(SELECT clinic.name FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
             WHERE clinic_host.account_id = account.id ORDER BY clinic.name) AS clinic_names
FROM account LEFT JOIN host ON host.account_id = account.id
WHERE account.state = 'active' AND EXISTS (
    SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
    AND (:department_ids::bigint[] IS NULL OR department_id = ANY (:department_ids::bigint[])))
ORDER BY account.name, account.id;

-- name: host^
SELECT account.id, array_remove(array_agg(account_role.department_id), NULL) AS department_ids
FROM account JOIN account_role ON account_role.account_id = account.id AND role = 'practitioner'
WHERE account.public_id = :host
GROUP BY account.id;

-- name: switch_organization$
UPDATE organization SET requests_open = :requests_open WHERE id = tenant() AND requests_open <> :requests_open RETURNING id;

-- name: switch_host$
INSERT INTO host (account_id, organization_id, time_zone, takes_requests)
SELECT :account_id, organization.id, organization.time_zone, :takes_requests FROM organization WHERE organization.id = tenant()
ON CONFLICT (account_id) DO UPDATE SET takes_requests = excluded.takes_requests
    WHERE host.takes_requests <> excluded.takes_requests
RETURNING account_id;
