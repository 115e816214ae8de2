-- name: file^
SELECT client.id, client.public_id, client.first_name || ' ' || client.last_name AS name, client.first_name,
       client.last_name, client.active, client.department_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM client WHERE client.public_id = :public_id;

-- name: of_client
SELECT document.public_id, document.title, document.created_at, stored_file.bytes, version.number AS version,
       array(SELECT DISTINCT signature.name FROM signature WHERE signature.intake_id = intake.id) AS signed_by
FROM document JOIN stored_file ON stored_file.id = document.file_id
LEFT JOIN intake ON intake.document_id = document.id
LEFT JOIN intake_form_version AS version ON version.id = intake.version_id
WHERE document.client_id = :client_id ORDER BY document.created_at DESC, document.id DESC LIMIT 500;

-- name: own
SELECT document.public_id, document.title, document.created_at, stored_file.bytes, version.number AS version,
       array(SELECT DISTINCT signature.name FROM signature WHERE signature.intake_id = intake.id) AS signed_by
FROM client JOIN document ON document.client_id = client.id
JOIN stored_file ON stored_file.id = document.file_id
LEFT JOIN intake ON intake.document_id = document.id
LEFT JOIN intake_form_version AS version ON version.id = intake.version_id
WHERE client.account_id = :account_id ORDER BY document.created_at DESC, document.id DESC LIMIT 500;

-- name: find^
SELECT document.id, document.title, document.created_at, document.file_id, client.department_id,
       client.account_id AS client_account_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM document JOIN client ON client.id = document.client_id WHERE document.public_id = :public_id;
