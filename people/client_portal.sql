-- name: find^
SELECT slug, name, registration::text FROM organization WHERE id = tenant();

-- name: set_registration$
UPDATE organization SET registration = :mode::registration_mode
WHERE id = tenant() AND registration <> :mode::registration_mode RETURNING id;

-- name: features^
SELECT portal_forms AS forms, portal_payments AS payments, portal_messages AS messages, portal_scheduling AS scheduling,
       (SELECT count(*) FROM account WHERE state <> 'inactive' AND EXISTS (
            SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner')) AS practitioners,
       (SELECT count(*) FROM portal_seat WHERE has_seat(account_id)) AS seats,
       (SELECT count(*) FROM intake WHERE state IN ('sent', 'started')) AS waiting_forms,
       (SELECT count(*) FROM thread WHERE kind <> 'connection') AS threads,
       md5(ROW(portal_forms, portal_payments, portal_messages, portal_scheduling)::text) AS version
FROM organization WHERE id = tenant();

-- name: hold!
SELECT FROM organization WHERE id = tenant() FOR NO KEY UPDATE;

-- name: last_switched_by$
SELECT account.name FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = 'portal' AND verb = 'switch' AND noun_id = tenant() ORDER BY audit_line.id DESC LIMIT 1;

-- name: switch!
UPDATE organization SET portal_forms = :forms, portal_payments = :payments, portal_messages = :messages,
       portal_scheduling = :scheduling
WHERE id = tenant();

-- name: client_of_address$
-- By the address that signs in, or else the file's.
SELECT client.public_id FROM client LEFT JOIN account ON account.id = client.account_id
WHERE account.email = :email OR client.email = :email
ORDER BY account.email = :email DESC NULLS LAST
LIMIT 1;
