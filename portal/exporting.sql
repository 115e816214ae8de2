-- name: organization_of$
SELECT organization_id FROM export WHERE id = :id;

-- name: ended
SELECT export.id, export.file_id, stored_file.name FROM export JOIN stored_file ON stored_file.id = export.file_id
WHERE export.state = 'ready' AND export.expires_at < clock_now() ORDER BY export.expires_at LIMIT 100;

-- name: expire!
UPDATE export SET state = 'expired', file_id = NULL WHERE id = ANY(:ids::bigint[]) AND state = 'ready';

-- name: remove_files!
DELETE FROM stored_file WHERE id = ANY(:ids::bigint[]);

-- name: now$
SELECT clock_now();
