-- name: insert_thread^
INSERT INTO thread (organization_id, subject) VALUES (:organization_id, :subject) RETURNING id, public_id;

-- name: add_members!
INSERT INTO thread_member (organization_id, thread_id, account_id)
SELECT :organization_id, :thread_id, account_id FROM unnest(:account_ids::bigint[]) AS account_id;

-- name: lock
-- Nobody else writes into this thread until the transaction ends.
SELECT account_id FROM thread_member WHERE thread_id = :thread_id ORDER BY account_id FOR UPDATE;

-- name: insert^
INSERT INTO message (organization_id, thread_id, author_id, body) VALUES (:organization_id, :thread_id, :author_id, :body)
RETURNING id, public_id;

-- name: to_tell
-- Other members for whom this is the first unread message: one mail tells of all that come until they look.
SELECT account.email FROM thread_member JOIN account ON account.id = thread_member.account_id
WHERE thread_member.thread_id = :thread_id AND account.id <> :author_id AND account.state IN ('pending', 'active')
  AND NOT EXISTS (SELECT FROM message WHERE message.thread_id = thread_member.thread_id AND message.id < :message_id
                  AND message.id > thread_member.read_until AND message.author_id <> account.id)
ORDER BY account.id;

-- name: find^
-- `others` are the other members' names, in one line.
SELECT thread.id, thread.public_id, thread.subject, thread.begun_at,
       EXISTS (SELECT FROM thread_member WHERE thread_id = thread.id AND account_id = :account_id) AS is_member,
       coalesce((SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id)
                 FROM thread_member JOIN account ON account.id = thread_member.account_id
                 WHERE thread_id = thread.id AND account_id <> :account_id), '') AS others
FROM thread WHERE thread.public_id = :public_id;

-- name: messages
SELECT message.public_id, message.body, message.sent_at, account.name AS author_name, message.author_id = :account_id AS own,
       message.author_id <> :account_id AND message.id > thread_member.read_until AS unread
FROM message JOIN account ON account.id = message.author_id
JOIN thread_member ON thread_member.thread_id = message.thread_id AND thread_member.account_id = :account_id
WHERE message.thread_id = :thread_id
  AND (:before::text IS NULL OR message.id < (SELECT id FROM message AS named WHERE named.public_id = :before
                                              AND named.thread_id = :thread_id))
ORDER BY message.id DESC LIMIT :limit;

-- name: mark_read!
UPDATE thread_member SET read_until = message.id FROM message
WHERE thread_member.thread_id = :thread_id AND thread_member.account_id = :account_id AND message.thread_id = :thread_id
  AND message.public_id = :until AND message.id > thread_member.read_until;

-- name: threads
SELECT thread.public_id, thread.subject, last.sent_at, last.own, left(last.body, 160) AS beginning, last.unread,
       coalesce((SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id)
                 FROM thread_member AS other JOIN account ON account.id = other.account_id
                 WHERE other.thread_id = thread.id AND other.account_id <> :account_id), '') AS others
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
CROSS JOIN LATERAL (
    SELECT message.id, message.body, message.sent_at, message.author_id = :account_id AS own,
           (SELECT count(*) FROM message AS news WHERE news.thread_id = thread.id AND news.author_id <> :account_id
            AND news.id > thread_member.read_until) AS unread
    FROM message WHERE message.thread_id = thread.id ORDER BY message.id DESC LIMIT 1
) AS last
WHERE thread_member.account_id = :account_id
  AND (:before::text IS NULL OR last.id < (
      SELECT max(message.id) FROM message JOIN thread AS named ON named.id = message.thread_id
      WHERE named.public_id = :before
      AND EXISTS (SELECT FROM thread_member AS mine WHERE mine.thread_id = named.id AND mine.account_id = :account_id)))
ORDER BY last.id DESC LIMIT :limit;

-- name: unread
SELECT thread.public_id, thread.subject, count(*) AS unread,
       coalesce((SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id)
                 FROM thread_member AS other JOIN account ON account.id = other.account_id
                 WHERE other.thread_id = thread.id AND other.account_id <> :account_id), '') AS others
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
JOIN message ON message.thread_id = thread.id AND message.id > thread_member.read_until AND message.author_id <> :account_id
WHERE thread_member.account_id = :account_id
GROUP BY thread.id ORDER BY max(message.id) DESC LIMIT 20;

-- name: told^
SELECT public_id FROM thread WHERE id = :id;
