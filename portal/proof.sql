-- name: document^
SELECT document.id, document.organization_id, document.public_id, document.client_id, document.title, document.created_at,
       stored_file.name, stored_file.content_type, stored_file.bytes, stored_file.sha256
FROM document JOIN stored_file ON stored_file.id = document.file_id WHERE document.id = :id;

-- name: intake^
SELECT intake.id, intake.public_id, intake.client_id, intake.form_id, intake.version_id, intake.invitation_id, intake.sent_by,
       intake.sent_at, intake.state::text, intake.answers, intake.revision, intake.ended_at, version.number,
       version.content, version.hash
FROM intake JOIN intake_form_version AS version ON version.id = intake.version_id WHERE intake.document_id = :document_id;

-- name: signatures
SELECT signature.* FROM signature JOIN intake ON intake.id = signature.intake_id
WHERE intake.document_id = :document_id ORDER BY signature.field_key;

-- name: versions
SELECT version.id, version.number, version.content, version.hash, intake_form.name
FROM intake_form_version AS version JOIN intake_form ON intake_form.id = version.form_id
WHERE version.number IS NOT NULL AND version.id > :after ORDER BY version.id LIMIT :limit;

-- name: documents
SELECT document.id, document.public_id, document.file_id, stored_file.sha256
FROM document JOIN stored_file ON stored_file.id = document.file_id
WHERE document.id > :after ORDER BY document.id LIMIT :limit;

-- name: told^
-- The first: a form is signed once, and whatever says so again is false.
SELECT details ->> 'sha256' AS sha256, details ->> 'record' AS record FROM audit_line
WHERE noun = 'intake' AND noun_id = (SELECT id FROM intake WHERE document_id = :document_id) AND verb = 'sign'
ORDER BY id LIMIT 1;

-- name: bound
SELECT signature.field_key, signature.version_hash, signature.answers_hash, version.content, intake.answers
FROM signature JOIN intake ON intake.id = signature.intake_id
JOIN intake_form_version AS version ON version.id = intake.version_id
WHERE intake.document_id = :document_id ORDER BY signature.field_key;

-- name: lost
-- What the audit saw signed, and has no document any more.
SELECT details ->> 'document' AS document FROM audit_line
WHERE noun = 'intake' AND verb = 'sign'
  AND NOT EXISTS (SELECT FROM document WHERE id = (details ->> 'document')::bigint)
ORDER BY audit_line.id LIMIT 1000;
