-- name: own
SELECT intake.public_id, version.content ->> 'title' AS title, intake.state::text, intake.sent_at, intake.saved_at,
       intake.ended_at, document.public_id AS document
FROM intake JOIN client ON client.id = intake.client_id
JOIN intake_form_version AS version ON version.id = intake.version_id
LEFT JOIN document ON document.id = intake.document_id
WHERE client.account_id = :account_id AND client.active AND intake.state <> 'withdrawn'
ORDER BY intake.state = 'completed', intake.sent_at DESC, intake.id DESC LIMIT 500;

-- name: to_do
SELECT intake.public_id, version.content ->> 'title' AS title, intake.state::text, intake.sent_at, intake.saved_at
FROM intake JOIN client ON client.id = intake.client_id
JOIN organization ON organization.id = intake.organization_id AND organization.portal_forms
JOIN intake_form_version AS version ON version.id = intake.version_id
WHERE client.account_id = :account_id AND client.active AND intake.state IN ('sent', 'started')
ORDER BY intake.sent_at DESC, intake.id DESC LIMIT 100;

-- name: find^
SELECT intake.id, intake.public_id, intake.state::text, intake.revision, intake.answers, intake.saved_at, intake.ended_at,
       intake.client_id, intake.version_id, version.content, version.hash, document.public_id AS document,
       client.account_id AS client_account_id
FROM intake JOIN client ON client.id = intake.client_id
JOIN intake_form_version AS version ON version.id = intake.version_id
LEFT JOIN document ON document.id = intake.document_id
WHERE intake.public_id = :public_id;

-- name: waiting^
SELECT count(*) FROM intake
WHERE client_id = :client_id AND state IN ('sent', 'started')
  AND (SELECT portal_forms FROM organization WHERE organization.id = tenant())
HAVING count(*) > 0;

-- name: save$
UPDATE intake SET answers = :answers::json, revision = revision + 1, state = 'started', saved_at = clock_now()
WHERE id = :id AND revision = :revision AND state IN ('sent', 'started') RETURNING revision;

-- name: state$
SELECT state::text FROM intake WHERE id = :id;
