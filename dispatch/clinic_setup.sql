-- name: overview
-- department_ids NULL: every department.
SELECT clinic.public_id, clinic.name, clinic.open, clinic.availability::text, department.name AS department_name,
       clinic.patient_group, clinic.host_group,
       (SELECT count(*) FROM request WHERE request.clinic_id = clinic.id AND request.state = 'pending') AS pending,
       (SELECT count(*) FROM request WHERE request.clinic_id = clinic.id AND request.state = 'pending'
            AND request.submitted_at <= clock_now() - clinic.red_after) AS red,
       hosts.total AS hosts, hosts.available AS hosts_available,
       (SELECT count(*) FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = clinic.id) AS schedulers,
       (SELECT count(*) FROM service WHERE service.clinic_id = clinic.id AND service.offered) AS services,
       (SELECT count(*) FROM form_field WHERE form_field.clinic_id = clinic.id) AS fields
FROM clinic
JOIN department ON department.id = clinic.department_id
CROSS JOIN LATERAL (
    SELECT count(*) AS total, count(*) FILTER (WHERE host_is_available(
        clinic_host.clinic_id, clinic_host.account_id, clock_now(), clock_now() + interval '1 minute')) AS available
    FROM clinic_host JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
    WHERE clinic_host.clinic_id = clinic.id
) AS hosts
WHERE :department_ids::bigint[] IS NULL OR clinic.department_id = ANY (:department_ids::bigint[])
ORDER BY clinic.name, clinic.id;

-- name: departments
SELECT id, public_id, name FROM department ORDER BY name, id;

-- name: find^
SELECT clinic.id, clinic.public_id, clinic.name, clinic.department_id, department.public_id AS department,
       department.name AS department_name, clinic.patient_group, clinic.host_group, clinic.availability::text,
       extract(epoch FROM clinic.red_after)::int AS red_after_seconds,
       extract(epoch FROM clinic.now_expires_after)::int / 60 AS now_expires_after_minutes,
       extract(epoch FROM clinic.join_before)::int / 60 AS join_before_minutes,
       extract(epoch FROM clinic.join_after)::int / 60 AS join_after_minutes,
       extract(epoch FROM clinic.client_cancel_before)::int / 3600 AS client_cancel_before_hours,
       extract(epoch FROM clinic.client_move_before)::int / 3600 AS client_move_before_hours,
       clinic.contact, extract(epoch FROM clinic.offer_for)::int / 60 AS offer_for_minutes,
       clinic.hosts_see_group_queue, clinic.allow_override, clinic.open, md5(clinic::text) AS version
FROM clinic JOIN department ON department.id = clinic.department_id
WHERE clinic.public_id = :public_id;

-- name: lock$
SELECT id FROM clinic WHERE public_id = :public_id FOR UPDATE;

-- name: name_taken$
SELECT EXISTS (SELECT FROM clinic WHERE lower(name) = lower(:name) AND public_id IS DISTINCT FROM :but);

-- name: insert^
INSERT INTO clinic (organization_id, department_id, name, patient_group, host_group, availability, hosts_see_group_queue, open,
                    allow_override, now_expires_after, red_after, join_before, join_after, client_cancel_before, client_move_before,
                    contact, offer_for)
VALUES (:organization_id, :department_id, :name, :patient_group, :host_group, :availability::availability_mode,
        :hosts_see_group_queue, :open, :allow_override, make_interval(mins => :now_expires_after_minutes),
        make_interval(secs => :red_after_seconds::int), make_interval(mins => :join_before_minutes),
        make_interval(mins => :join_after_minutes), make_interval(hours => :client_cancel_before_hours),
        make_interval(hours => :client_move_before_hours), :contact, make_interval(mins => :offer_for_minutes))
RETURNING id, public_id;

-- name: update!
UPDATE clinic SET department_id = :department_id, name = :name, patient_group = :patient_group, host_group = :host_group,
       availability = :availability::availability_mode, hosts_see_group_queue = :hosts_see_group_queue, open = :open,
       allow_override = :allow_override, now_expires_after = make_interval(mins => :now_expires_after_minutes),
       red_after = make_interval(secs => :red_after_seconds::int), join_before = make_interval(mins => :join_before_minutes),
       join_after = make_interval(mins => :join_after_minutes),
       client_cancel_before = make_interval(hours => :client_cancel_before_hours),
       client_move_before = make_interval(hours => :client_move_before_hours), contact = :contact,
       offer_for = make_interval(mins => :offer_for_minutes)
WHERE id = :id;

-- name: hosts_outside
SELECT account.name FROM clinic_host JOIN account ON account.id = clinic_host.account_id
WHERE clinic_host.clinic_id = :clinic_id AND NOT EXISTS (
    SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
    AND (department_id IS NULL OR department_id = :department_id))
ORDER BY account.name;
