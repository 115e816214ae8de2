-- name: tables
-- What the application may read of the tables that belong to organizations, and the organization itself.
SELECT relname AS table_name,
       array_agg(attname::text ORDER BY attnum) FILTER (WHERE has_column_privilege(pg_class.oid, attnum, 'SELECT')) AS columns
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity
GROUP BY relname HAVING bool_or(has_column_privilege(pg_class.oid, attnum, 'SELECT'))
ORDER BY relname;

-- name: certificate$
SELECT certificate FROM sealing_key;

-- name: count_files$
SELECT count(*) FROM stored_file WHERE NOT EXISTS (SELECT FROM export WHERE export.file_id = stored_file.id);

-- name: files
SELECT id, name, content_type FROM stored_file
WHERE id > :after AND NOT EXISTS (SELECT FROM export WHERE export.file_id = stored_file.id) ORDER BY id LIMIT :limit;
