-- name: find^
SELECT host.self_scheduling AS "on", host.confirms, host.waitlist,
       EXISTS (SELECT FROM weekly_hours WHERE weekly_hours.host_id = host.account_id)
       OR EXISTS (SELECT FROM special_hours WHERE special_hours.host_id = host.account_id AND special_hours.open) AS has_hours
FROM host
WHERE host.account_id = :account_id;

-- name: services
SELECT service.id, service.public_id, service.name, clinic.name AS clinic_name, service.booking::text,
       (extract(epoch FROM service.duration) / 60)::int AS minutes,
       EXISTS (SELECT FROM self_scheduled WHERE self_scheduled.host_id = :account_id
               AND self_scheduled.service_id = service.id) AS chosen
FROM clinic_host
JOIN clinic ON clinic.id = clinic_host.clinic_id
JOIN service ON service.clinic_id = clinic.id AND service.offered
WHERE clinic_host.account_id = :account_id
ORDER BY clinic.name, clinic.id, service.id;

-- name: change!
UPDATE host SET self_scheduling = :on, confirms = :confirms, waitlist = :waitlist WHERE account_id = :account_id;

-- name: choose!
WITH gone AS (
    DELETE FROM self_scheduled WHERE host_id = :account_id AND service_id <> ALL (:services::bigint[])
)
INSERT INTO self_scheduled (organization_id, host_id, service_id)
SELECT tenant(), :account_id, id FROM unnest(:services::bigint[]) AS id ON CONFLICT DO NOTHING;

-- name: choices
SELECT practitioner.public_id AS host, practitioner.id AS host_id, practitioner.name AS host_name,
       coalesce(public_profile.title, '') AS host_title, service.public_id AS service, service.id AS service_id,
       service.name AS service_name, service.description, service.duration,
       (extract(epoch FROM service.duration) / 60)::int AS minutes, service.price, organization.currency,
       clinic.public_id AS clinic, clinic.id AS clinic_id, clinic.name AS clinic_name,
       service.booking = 'instant' AND NOT host.confirms AS instant, host.waitlist, true AS self_scheduled,
       EXISTS (SELECT FROM waitlist_place AS place WHERE place.client_id = client.id AND place.host_id = practitioner.id
               AND place.service_id = service.id AND place.state = 'waiting') AS waits,
       client.id AS client_id, client.account_id AS visitor_id
FROM client
JOIN organization ON organization.id = client.organization_id
JOIN association ON association.client_id = client.id
JOIN account AS practitioner ON practitioner.id = association.practitioner_id
JOIN host ON host.account_id = practitioner.id
LEFT JOIN public_profile ON public_profile.account_id = practitioner.id
JOIN self_scheduled ON self_scheduled.host_id = host.account_id
JOIN service ON service.id = self_scheduled.service_id
JOIN clinic ON clinic.id = service.clinic_id
WHERE client.account_id = :account_id AND self_schedules(client.account_id, practitioner.id, service.id)
  AND (:host::text IS NULL OR practitioner.public_id = :host) AND (:service::text IS NULL OR service.public_id = :service)
ORDER BY practitioner.name, practitioner.id, clinic.name, service.id;
