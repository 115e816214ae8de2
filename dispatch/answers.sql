-- name: fields
SELECT public_id, kind::text, label, required, choices FROM form_field
WHERE clinic_id = :clinic_id ORDER BY position, id;
