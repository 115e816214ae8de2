-- name: clients
-- `reachable`: there is an account that is set up, with which the client signs in.
SELECT client.id, client.first_name || ' ' || client.last_name AS name, account.email,
       client.active AND coalesce(account.has_password AND account.state IN ('pending', 'active'), false) AS reachable,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM client LEFT JOIN account ON account.id = client.account_id
WHERE client.id = ANY (:client_ids::bigint[])
ORDER BY client.id;

-- name: insert
-- The newest version of each form. Whoever sends the same at the same moment sends it once (one_open_intake).
INSERT INTO intake (organization_id, client_id, form_id, version_id, invitation_id, sent_by)
SELECT :organization_id, client_id, version.form_id, version.id, :invitation_id::bigint, :sent_by
FROM unnest(:client_ids::bigint[]) AS client_id
CROSS JOIN (SELECT DISTINCT ON (form_id) form_id, id FROM intake_form_version
            WHERE form_id = ANY (:form_ids::bigint[]) AND number IS NOT NULL ORDER BY form_id, number DESC) AS version
ORDER BY client_id, version.form_id
ON CONFLICT (client_id, form_id) WHERE state IN ('sent', 'started') DO NOTHING
RETURNING id, public_id, client_id, (SELECT client.public_id FROM client WHERE client.id = client_id) AS client, form_id;

-- name: to_choose
SELECT client.public_id, client.first_name || ' ' || client.last_name AS name, client.date_of_birth, client.email,
       coalesce(account.has_password AND account.state IN ('pending', 'active'), false) AS reachable,
       client.public_id = ANY (:chosen::text[]) AS chosen
FROM client LEFT JOIN account ON account.id = client.account_id
WHERE client.active AND client.public_id = ANY (:found::text[] || :chosen::text[])
ORDER BY client.public_id = ANY (:chosen::text[]) DESC, client.last_key, client.first_key, client.id;

-- name: files_of
SELECT id FROM client WHERE public_id = ANY (:public_ids::text[]) ORDER BY id;

-- name: client^
SELECT client.id, client.public_id, client.first_name, client.last_name, client.active, client.first_name || ' ' || client.last_name AS name, client.account_id, client.department_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       client.active AND coalesce(account.has_password AND account.state IN ('pending', 'active'), false) AS reachable,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM client LEFT JOIN account ON account.id = client.account_id
WHERE client.public_id = :public_id;

-- name: of_client
SELECT intake.public_id, intake.form_id, intake_form.name AS form, version.number, intake.state::text, intake.sent_at, sender.name AS sent_by,
       intake.saved_at, intake.ended_at, intake.reminded_at, document.public_id AS document
FROM intake JOIN intake_form ON intake_form.id = intake.form_id
JOIN intake_form_version AS version ON version.id = intake.version_id
JOIN account AS sender ON sender.id = intake.sent_by
LEFT JOIN document ON document.id = intake.document_id
WHERE intake.client_id = :client_id
ORDER BY intake.sent_at DESC, intake.id DESC LIMIT 500;

-- name: find^
SELECT intake.id, intake.public_id, intake_form.name AS form, version.number, intake.state::text, intake.sent_at,
       sender.name AS sent_by, intake.saved_at, intake.ended_at, intake.reminded_at, document.public_id AS document,
       version.content, intake.answers, client.id AS client_id, client.public_id AS client,
       client.first_name || ' ' || client.last_name AS client_name, client.department_id, account.email,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       client.active AND coalesce(account.has_password AND account.state IN ('pending', 'active'), false) AS reachable,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM intake JOIN client ON client.id = intake.client_id
JOIN intake_form ON intake_form.id = intake.form_id
JOIN intake_form_version AS version ON version.id = intake.version_id
JOIN account AS sender ON sender.id = intake.sent_by
LEFT JOIN account ON account.id = client.account_id
LEFT JOIN document ON document.id = intake.document_id
WHERE intake.public_id = :public_id;

-- name: sent
SELECT intake.public_id, intake_form.name AS form, version.number, intake.state::text, intake.sent_at, sender.name AS sent_by,
       intake.saved_at, intake.ended_at, intake.reminded_at, document.public_id AS document,
       client.public_id AS client, client.first_name || ' ' || client.last_name AS client_name,
       client.active AND coalesce(account.has_password AND account.state IN ('pending', 'active'), false) AS reachable
FROM intake JOIN client ON client.id = intake.client_id
JOIN intake_form ON intake_form.id = intake.form_id
JOIN intake_form_version AS version ON version.id = intake.version_id
JOIN account AS sender ON sender.id = intake.sent_by
LEFT JOIN account ON account.id = client.account_id
LEFT JOIN document ON document.id = intake.document_id
WHERE intake.state = ANY (:states::intake_state[])
  AND (:after::text IS NULL OR (intake.sent_at, intake.id) <
       (SELECT last.sent_at, last.id FROM intake AS last WHERE last.public_id = :after))
  AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS word WHERE position(folded(word) IN folded(
      concat_ws(' ', client.first_name, client.last_name, intake_form.name))) = 0)
ORDER BY intake.sent_at DESC, intake.id DESC LIMIT :most;

-- name: withdraw
UPDATE intake SET state = 'withdrawn', ended_at = clock_now()
WHERE id = ANY (:ids::bigint[]) AND state IN ('sent', 'started') RETURNING id;

-- name: withdraw_unstarted
UPDATE intake SET state = 'withdrawn', ended_at = clock_now()
WHERE invitation_id = :invitation_id AND state = 'sent' RETURNING id;

-- name: mark_reminded$
UPDATE intake SET reminded_at = clock_now() WHERE id = :id AND state IN ('sent', 'started') RETURNING id;
