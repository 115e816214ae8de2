-- name: shown^
-- A draft's revision goes on from the version that it began with, so that no two states of a form bear the same.
SELECT newest.content, newest.revision, newest.number IS NULL AS is_draft, newest.changed_at,
       newest.number IS NULL AND newest.content::text IS DISTINCT FROM published.content::text AS differs
FROM intake_form_version AS newest
LEFT JOIN LATERAL (SELECT content FROM intake_form_version
                   WHERE form_id = newest.form_id AND number IS NOT NULL ORDER BY number DESC LIMIT 1) AS published ON true
WHERE newest.form_id = :form_id ORDER BY newest.number DESC NULLS FIRST LIMIT 1;

-- name: begin!
INSERT INTO intake_form_version (organization_id, form_id, content, revision)
SELECT organization_id, id, :content::json, :revision FROM intake_form WHERE id = :form_id;

-- name: update!
UPDATE intake_form_version SET content = :content::json, revision = :revision, changed_at = clock_now()
WHERE form_id = :form_id AND number IS NULL;

-- name: publish$
UPDATE intake_form_version
SET number = 1 + (SELECT coalesce(max(number), 0) FROM intake_form_version AS earlier WHERE earlier.form_id = :form_id),
    hash = :hash, published_at = clock_now(), published_by = :published_by
WHERE form_id = :form_id AND number IS NULL RETURNING number;
