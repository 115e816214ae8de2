-- name: of_organization
SELECT clinic.id, clinic.public_id, clinic.name, clinic.open AND organization.requests_open AS open,
       (SELECT coalesce(json_agg(json_build_object('public_id', service.public_id, 'name', service.name,
            'description', service.description, 'minutes', extract(epoch FROM service.duration)::int / 60)
            ORDER BY service.id), '[]') FROM service WHERE service.clinic_id = clinic.id AND service.offered) AS services
FROM clinic JOIN organization ON organization.id = clinic.organization_id
ORDER BY clinic.name, clinic.id;

-- name: find^
SELECT clinic.id, clinic.public_id, clinic.name, clinic.patient_group, clinic.host_group, clinic.availability::text,
       clinic.open AND organization.requests_open AS open, organization.currency, organization.time_zone,
       (extract(epoch FROM clinic.now_expires_after) / 60)::int AS now_expires_after_minutes,
       (SELECT coalesce(json_agg(json_build_object('public_id', service.public_id, 'name', service.name,
            'description', service.description, 'minutes', extract(epoch FROM service.duration)::int / 60,
            'price', service.price::text)
            ORDER BY service.id), '[]') FROM service WHERE service.clinic_id = clinic.id AND service.offered) AS services,
       (SELECT coalesce(json_agg(json_build_object('public_id', account.public_id, 'name', account.name)
            ORDER BY account.name), '[]')
        FROM clinic_host JOIN account ON account.id = clinic_host.account_id
        JOIN host ON host.account_id = account.id AND host.takes_requests
        WHERE clinic_host.clinic_id = clinic.id AND account.state = 'active') AS hosts
FROM clinic JOIN organization ON organization.id = clinic.organization_id
WHERE clinic.public_id = :public_id;

-- name: served_by
SELECT clinic.id, clinic.public_id, clinic.name
FROM clinic_scheduler JOIN clinic ON clinic.id = clinic_scheduler.clinic_id
WHERE clinic_scheduler.account_id = :account_id
ORDER BY clinic.name, clinic.id;
