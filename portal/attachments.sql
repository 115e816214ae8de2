-- name: hold!
-- The attachments of an organization are counted one message after the other, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('attachments', :organization_id));

-- name: attached_today$
SELECT coalesce(sum(stored_file.bytes), 0)::bigint FROM stored_file
WHERE stored_file.stored_at > clock_now() - interval '24 hours'
  AND EXISTS (SELECT FROM attachment WHERE attachment.file_id = stored_file.id);

-- name: insert$
INSERT INTO attachment (organization_id, message_id, name, file_id) VALUES (:organization_id, :message_id, :name, :file_id)
RETURNING id;

-- name: find^
SELECT attachment.id, attachment.name, attachment.file_id, stored_file.content_type, stored_file.bytes
FROM attachment JOIN message ON message.id = attachment.message_id
JOIN stored_file ON stored_file.id = attachment.file_id
WHERE attachment.public_id = :public_id AND message.thread_id = :thread_id;
