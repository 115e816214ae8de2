-- name: keep^
INSERT INTO stored_file (organization_id, name, content_type, bytes, sha256)
VALUES (:organization_id, :name, :content_type, :size, :digest)
RETURNING id, name, content_type, bytes, sha256;

-- name: find^
SELECT id, name, content_type, bytes, sha256 FROM stored_file WHERE id = :id;

-- name: stored
-- Which of these have a row; asked with the system role, for a folder has no tenants.
SELECT name FROM stored_file WHERE name = ANY(:names::text[]);
