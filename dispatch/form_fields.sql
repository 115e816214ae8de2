-- name: of_clinic
-- Its version leaves the position out: moving a question is no change of what somebody edits.
SELECT id, public_id, kind::text, label, required, choices,
       md5(row(kind, label, required, choices)::text) AS version
FROM form_field WHERE clinic_id = :clinic_id ORDER BY position, id;

-- name: insert^
INSERT INTO form_field (organization_id, clinic_id, position, kind, label, required, choices)
SELECT tenant(), :clinic_id, coalesce(max(position) + 1, 0), :kind::form_field_kind, :label, :required, :choices::text[]
FROM form_field WHERE clinic_id = :clinic_id
RETURNING id, public_id;

-- name: update!
UPDATE form_field SET kind = :kind::form_field_kind, label = :label, required = :required, choices = :choices::text[]
WHERE id = :id;

-- name: remove!
DELETE FROM form_field WHERE id = :id;

-- name: arrange!
UPDATE form_field SET position = ordered.place
FROM unnest(:ids::bigint[]) WITH ORDINALITY AS ordered (id, place) WHERE form_field.id = ordered.id;
