-- name: hold$
-- Its administrators change a clinic's hosts and services under its lock (dispatch/clinic_setup.py): nobody is asked for
-- while they are being removed. Requests do not keep each other waiting.
SELECT id FROM clinic WHERE public_id = :clinic FOR KEY SHARE;

-- name: target^
-- What is not offered is NULL: an unknown or withdrawn service, a host of another clinic or one who takes no requests.
SELECT clinic.id AS clinic_id, clinic.open, clinic.availability::text, organization.requests_open,
       service.id AS service_id, host.account_id AS host_id
FROM clinic
JOIN organization ON organization.id = clinic.organization_id
LEFT JOIN service ON service.clinic_id = clinic.id AND service.public_id = :service AND service.offered
LEFT JOIN (clinic_host JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
                       JOIN host ON host.account_id = account.id AND host.takes_requests)
     ON clinic_host.clinic_id = clinic.id AND account.public_id = :host
WHERE clinic.public_id = :clinic;

-- name: times_are_ahead$
SELECT bool_and(time > clock_now() AND time < clock_now() + interval '1 year') FROM unnest(:times::timestamptz[]) AS time;
