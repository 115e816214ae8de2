-- name: hold^
-- What is about to be signed, held until the transaction ends; `now` is the one time that all of it bears.
SELECT intake.id, intake.public_id, intake.client_id, intake.state::text, intake.revision, intake.answers, intake.sent_at,
       version.content, version.hash, version.number, intake_form.name AS form_name,
       client.first_name || ' ' || client.last_name AS client_name, client.date_of_birth,
       organization.name AS organization_name, organization.time_zone, clock_now() AS now
FROM intake JOIN intake_form_version AS version ON version.id = intake.version_id
JOIN intake_form ON intake_form.id = intake.form_id
JOIN client ON client.id = intake.client_id
JOIN organization ON organization.id = intake.organization_id
WHERE intake.id = :id FOR NO KEY UPDATE OF intake;

-- name: add_document^
INSERT INTO document (organization_id, client_id, title, file_id, created_at)
VALUES (:organization_id, :client_id, :title, :file_id, :created_at) RETURNING id, public_id;

-- name: add_signature!
INSERT INTO signature (intake_id, organization_id, field_key, account_id, name, drawing, signed_at, address, browser,
                       version_hash, answers_hash)
VALUES (:intake_id, :organization_id, :field_key, :account_id, :name, :drawing, :signed_at, :address, :browser,
        :version_hash, :answers_hash);

-- name: complete$
UPDATE intake SET state = 'completed', document_id = :document_id, ended_at = :ended_at
WHERE id = :id AND revision = :revision AND state IN ('sent', 'started') RETURNING id;
