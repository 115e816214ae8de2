-- name: add_organization^
INSERT INTO organization (slug, name, time_zone, requests_open) VALUES (:slug, :name, :time_zone, true) RETURNING id, public_id;

-- name: add_department$
INSERT INTO department (organization_id, name) VALUES (:organization_id, :name) RETURNING id;

-- name: add_account^
INSERT INTO account (organization_id, username, email, name, password_hash, state)
VALUES (:organization_id, :username, :email, :name, :password_hash, 'active') RETURNING id, public_id;

-- name: add_role!
INSERT INTO account_role (organization_id, account_id, role, department_id)
VALUES (:organization_id, :account_id, :role::role_name, :department_id);

-- name: add_client!
INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth)
VALUES (:organization_id, :account_id, :first_name, :last_name, :email, '1990-01-01');

-- name: add_profile!
INSERT INTO public_profile (account_id, organization_id, title, about, takes_connections)
SELECT id, organization_id, :title, :about, :takes_connections FROM account WHERE id = :account_id;

-- name: add_clinic^
INSERT INTO clinic (organization_id, department_id, name, patient_group, host_group, availability)
VALUES (:organization_id, :department_id, :name, :patient_group, :host_group, :availability::availability_mode)
RETURNING id, public_id;

-- name: add_service$
INSERT INTO service (organization_id, clinic_id, name, description, duration, price)
VALUES (:organization_id, :clinic_id, :name, :description, :duration, :price) RETURNING public_id;

-- name: add_field!
INSERT INTO form_field (organization_id, clinic_id, position, kind, label, choices)
VALUES (:organization_id, :clinic_id, :position, :kind::form_field_kind, :label, :choices::text[]);

-- name: add_hours!
-- Monday to Friday, unless the host has hours already.
INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute)
SELECT :organization_id, :host_id, weekday, starts_hour * 60, ends_hour * 60
FROM generate_series(1, 5) AS weekday, (VALUES (9, 12), (13, 17)) AS hours (starts_hour, ends_hour)
WHERE NOT EXISTS (SELECT FROM weekly_hours WHERE weekly_hours.host_id = :host_id);

-- name: add_host!
WITH made AS (
    INSERT INTO host (account_id, organization_id, time_zone)
    SELECT :account_id, id, time_zone FROM organization WHERE id = :organization_id ON CONFLICT DO NOTHING
)
INSERT INTO clinic_host (organization_id, clinic_id, account_id, on_demand)
VALUES (:organization_id, :clinic_id, :account_id, :on_demand);

-- name: add_scheduler!
INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id)
VALUES (:organization_id, :clinic_id, :account_id);

-- name: slugs
SELECT slug FROM organization ORDER BY slug;

-- name: add_newcomer$
WITH made AS (
    INSERT INTO account (organization_id, username, email, name, password_hash, state)
    SELECT id, :username, :email, :name, :password_hash, 'pending' FROM organization WHERE slug = :slug
    RETURNING id, organization_id
), role AS (
    INSERT INTO account_role (organization_id, account_id, role) SELECT organization_id, id, 'client' FROM made
)
SELECT id FROM made;

-- name: add_registration!
-- Nothing for whoever says no birthday.
INSERT INTO registration (organization_id, account_id, email, first_name, last_name, date_of_birth, department_id, unsure, reason,
                          confirmed_at)
SELECT account.organization_id, account.id, account.email, :first_name, :last_name, :born::text::date, department.id,
       department.id IS NULL, :reason, clock_now()
FROM account
LEFT JOIN department ON department.organization_id = account.organization_id AND department.name = :department
WHERE account.id = :account_id AND :born::text IS NOT NULL;

-- name: ask_connection!
-- A client's request to a practitioner with the private message that tells of it, as portal/connections.py makes them.
WITH pair AS (
    SELECT organization.id AS organization_id, client.id AS client_id, client.account_id, practitioner.id AS practitioner_id
    FROM organization
    JOIN account AS asker ON asker.organization_id = organization.id AND asker.username = :client
    JOIN client ON client.account_id = asker.id
    JOIN account AS practitioner ON practitioner.organization_id = organization.id AND practitioner.username = :practitioner
    WHERE organization.slug = :slug
), begun AS (
    INSERT INTO thread (organization_id, subject) SELECT organization_id, 'Connection request' FROM pair
    RETURNING id, organization_id
), members AS (
    INSERT INTO thread_member (organization_id, thread_id, account_id)
    SELECT begun.organization_id, begun.id, member FROM begun, pair, unnest(ARRAY[account_id, practitioner_id]) AS member
), said AS (
    INSERT INTO message (organization_id, thread_id, author_id, body)
    SELECT begun.organization_id, begun.id, account_id, E'I would like to connect with you.\n\n' || :message FROM begun, pair
)
INSERT INTO connection_request (organization_id, client_id, practitioner_id, thread_id, message)
SELECT begun.organization_id, client_id, practitioner_id, begun.id, :message FROM begun, pair;

-- name: file_clients!
-- The demo's files belong to a department, whose administrator and care coordinator then have somebody to look after.
UPDATE client SET department_id = department.id
FROM organization JOIN department ON department.organization_id = organization.id AND department.name = :department
WHERE organization.slug = :slug AND client.organization_id = organization.id AND client.department_id IS NULL;

-- name: add_created!
-- As the staff creates a client (people/clients.py) who has not set up the account yet.
WITH made AS (
    INSERT INTO account (organization_id, username, email, name)
    SELECT id, :username, :email, :first_name || ' ' || :last_name FROM organization WHERE slug = :slug
    RETURNING id, organization_id
), role AS (
    INSERT INTO account_role (organization_id, account_id, role) SELECT organization_id, id, 'client' FROM made
)
INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth)
SELECT organization_id, id, :first_name, :last_name, :email, '1975-03-30' FROM made;

-- name: let_choose!
WITH person AS (
    UPDATE host SET self_scheduling = true FROM account JOIN organization ON organization.id = account.organization_id
    WHERE account.id = host.account_id AND slug = :slug AND username = :host
    RETURNING host.account_id, host.organization_id
), instant AS (
    UPDATE service SET booking = 'instant' FROM person, clinic_host
    WHERE clinic_host.account_id = person.account_id AND service.clinic_id = clinic_host.clinic_id AND service.price IS NULL
), chosen AS (
    INSERT INTO self_scheduled (organization_id, host_id, service_id)
    SELECT person.organization_id, person.account_id, service.id
    FROM person JOIN clinic_host USING (account_id) JOIN service USING (clinic_id)
)
INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
SELECT person.organization_id, client.id, person.account_id, account_role.department_id
FROM person
JOIN account_role ON account_role.account_id = person.account_id AND account_role.role = 'practitioner'
JOIN client ON client.organization_id = person.organization_id
JOIN account ON account.id = client.account_id AND account.username = ANY (:clients::text[])
ON CONFLICT DO NOTHING;

-- name: set_limits!
UPDATE clinic SET client_cancel_before = '24 hours', client_move_before = '24 hours', contact = :contact
FROM organization WHERE organization.id = clinic.organization_id AND slug = :slug AND clinic.name = :clinic;
