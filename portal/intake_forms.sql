-- name: of_organization
SELECT intake_form.public_id, intake_form.name, intake_form.standard, newest.number, newest.published_at,
       coalesce((newest.content ->> 'example')::boolean, false) AS example,
       EXISTS (SELECT FROM intake_form_version AS draft WHERE draft.form_id = intake_form.id AND draft.number IS NULL
               AND draft.content::text IS DISTINCT FROM newest.content::text) AS has_draft,
       sent.open, sent.completed
FROM intake_form
LEFT JOIN LATERAL (SELECT number, published_at, content FROM intake_form_version
                   WHERE form_id = intake_form.id AND number IS NOT NULL ORDER BY number DESC LIMIT 1) AS newest ON true
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state IN ('sent', 'started')) AS open,
                           count(*) FILTER (WHERE state = 'completed') AS completed
                    FROM intake WHERE form_id = intake_form.id) AS sent
WHERE (intake_form.archived_at IS NOT NULL) = :archived
ORDER BY lower(intake_form.name), intake_form.id;

-- name: find^
SELECT intake_form.id, intake_form.public_id, intake_form.name, intake_form.standard, intake_form.archived_at,
       newest.id AS version_id, newest.number, newest.content, newest.hash, newest.published_at
FROM intake_form
LEFT JOIN LATERAL (SELECT id, number, content, hash, published_at FROM intake_form_version
                   WHERE form_id = intake_form.id AND number IS NOT NULL ORDER BY number DESC LIMIT 1) AS newest ON true
WHERE intake_form.public_id = :public_id;

-- name: hold$
SELECT id FROM intake_form WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: to_send
SELECT intake_form.id, intake_form.public_id, intake_form.name,
       coalesce((newest.content ->> 'example')::boolean, false) AS example
FROM intake_form
JOIN LATERAL (SELECT content FROM intake_form_version
              WHERE form_id = intake_form.id AND number IS NOT NULL ORDER BY number DESC LIMIT 1) AS newest ON true
WHERE intake_form.archived_at IS NULL
ORDER BY lower(intake_form.name), intake_form.id;

-- name: choose
SELECT id FROM intake_form
WHERE public_id = ANY (:public_ids::text[]) AND archived_at IS NULL
  AND EXISTS (SELECT FROM intake_form_version WHERE form_id = intake_form.id AND number IS NOT NULL)
ORDER BY id FOR SHARE;

-- name: count$
SELECT count(*) FROM intake_form;

-- name: names
SELECT name FROM intake_form;

-- name: standard_ones
SELECT standard FROM intake_form WHERE standard IS NOT NULL;

-- name: insert^
WITH form AS (
    INSERT INTO intake_form (organization_id, name) VALUES (:organization_id, :name)
    RETURNING id, organization_id, public_id
), draft AS (
    INSERT INTO intake_form_version (organization_id, form_id, content)
    SELECT organization_id, id, :content::json FROM form
)
SELECT id, public_id FROM form;

-- name: insert_standard$
-- Nothing where a form of that name or origin is there, or is being made at this moment.
WITH form AS (
    INSERT INTO intake_form (organization_id, name, standard) VALUES (:organization_id, :name, :standard)
    ON CONFLICT DO NOTHING RETURNING id, organization_id
)
INSERT INTO intake_form_version (organization_id, form_id, number, content, hash, published_at)
SELECT organization_id, id, 1, :content::json, :hash, clock_now() FROM form
RETURNING form_id;

-- name: newest_content$
-- What is being drafted, else what was published last.
SELECT content FROM intake_form_version WHERE form_id = :form_id ORDER BY number DESC NULLS FIRST LIMIT 1;

-- name: rename!
UPDATE intake_form SET name = :name WHERE id = :id;

-- name: archive$
UPDATE intake_form SET archived_at = clock_now() WHERE id = :id AND archived_at IS NULL RETURNING id;

-- name: restore$
UPDATE intake_form SET archived_at = NULL WHERE id = :id AND archived_at IS NOT NULL RETURNING id;
