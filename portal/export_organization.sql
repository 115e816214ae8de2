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
-- Each with what it is called: by its document, or by the message that it is attached to.
SELECT stored_file.id, stored_file.name, stored_file.content_type, stored_file.stored_at, stored_file.bytes,
       coalesce(document.title, attachment.name) AS title, document.id IS NULL AS attached, client.id AS client_id,
       client.last_name || ', ' || client.first_name AS client
FROM stored_file
LEFT JOIN document ON document.file_id = stored_file.id
LEFT JOIN attachment ON attachment.file_id = stored_file.id
LEFT JOIN message ON message.id = attachment.message_id
LEFT JOIN thread ON thread.id = message.thread_id
LEFT JOIN client ON client.id = coalesce(document.client_id, thread.client_id)
WHERE stored_file.id > :after AND NOT EXISTS (SELECT FROM export WHERE export.file_id = stored_file.id)
ORDER BY stored_file.id LIMIT :limit;
