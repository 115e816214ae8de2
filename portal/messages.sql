-- name: insert_thread^
INSERT INTO thread (organization_id, kind, client_id, staff_id, subject)
VALUES (:organization_id, :kind::thread_kind, :client_id, :staff_id, :subject) RETURNING id, public_id;

-- name: add_members!
INSERT INTO thread_member (organization_id, thread_id, account_id)
SELECT :organization_id, :thread_id, account_id FROM unnest(:account_ids::bigint[]) AS account_id;

-- name: lock
-- Nobody else writes into this thread until the transaction ends.
SELECT account_id FROM thread_member WHERE thread_id = :thread_id ORDER BY account_id FOR UPDATE;

-- name: lock_named
-- The same for one of its members, before it is asked what they may.
SELECT account_id FROM thread_member
WHERE thread_id = (SELECT thread.id FROM thread WHERE thread.public_id = :public_id AND EXISTS (
    SELECT FROM thread_member AS own WHERE own.thread_id = thread.id AND own.account_id = :account_id))
ORDER BY account_id FOR UPDATE;

-- name: insert^
INSERT INTO message (organization_id, thread_id, author_id, body) VALUES (:organization_id, :thread_id, :author_id, :body)
RETURNING id, public_id;

-- name: to_tell
-- Other members for whom this is the first unread message: one mail tells of all that come until they look.
SELECT account.email FROM thread_member JOIN account ON account.id = thread_member.account_id
JOIN thread ON thread.id = thread_member.thread_id
WHERE thread_member.thread_id = :thread_id AND account.id <> :author_id AND account.state IN ('pending', 'active')
  AND shows_thread(thread.kind, thread.client_id, account.id)
  AND NOT EXISTS (SELECT FROM message WHERE message.thread_id = thread_member.thread_id AND message.id < :message_id
                  AND message.id > thread_member.read_until AND message.author_id <> account.id)
ORDER BY account.id;

-- name: messages
-- The newest of a thread up to `until` (a message) or before `before`, whichever is named.
-- By message_by_thread alone, said as a range: with an equality the planner may walk through all newer messages of others.
SELECT message.id, message.public_id, message.body, message.sent_at, account.name AS author_name,
       message.author_id = :account_id AS own,
       message.author_id <> :account_id AND message.id > thread_member.read_until AS unread,
       (SELECT json_agg(json_build_object('public_id', attachment.public_id, 'name', attachment.name, 'bytes', stored_file.bytes,
                                          'content_type', stored_file.content_type) ORDER BY attachment.id)
        FROM attachment JOIN stored_file ON stored_file.id = attachment.file_id
        WHERE attachment.message_id = message.id) AS attachments
FROM message JOIN account ON account.id = message.author_id
JOIN thread_member ON thread_member.thread_id = message.thread_id AND thread_member.account_id = :account_id
WHERE message.thread_id BETWEEN :thread_id AND :thread_id
  AND message.id < coalesce((SELECT id FROM message AS named WHERE named.public_id = :before AND named.thread_id = :thread_id),
                            9223372036854775807)
  AND message.id <= coalesce((SELECT id FROM message AS named WHERE named.public_id = :until AND named.thread_id = :thread_id),
                             9223372036854775807)
ORDER BY message.thread_id DESC, message.id DESC LIMIT :limit;

-- name: mark_read!
UPDATE thread_member SET read_until = message.id, read_at = clock_now() FROM message
WHERE thread_member.thread_id = :thread_id AND thread_member.account_id = :account_id AND message.thread_id = :thread_id
  AND message.public_id = :until AND message.id > thread_member.read_until;

-- name: read_before!
-- Nothing, and nobody is told, unless something of others stands unread before this message.
UPDATE thread_member SET read_until = :message_id, read_at = clock_now()
WHERE thread_id = :thread_id AND account_id = :account_id AND EXISTS (
    SELECT FROM message WHERE message.thread_id = :thread_id AND message.id > thread_member.read_until
    AND message.id < :message_id AND message.author_id <> :account_id);

-- name: threads
-- `about` is whom a care team's thread is about.
SELECT thread.public_id, thread.subject, thread.kind::text, page.sent_at, page.own, left(page.body, 160) AS beginning,
       (SELECT count(*) FROM message AS news WHERE news.thread_id = thread.id AND news.author_id <> :account_id
        AND news.id > page.read_until) AS unread,
       coalesce((SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id)
                 FROM thread_member AS other JOIN account ON account.id = other.account_id
                 WHERE other.thread_id = thread.id AND other.account_id <> :account_id), '') AS others,
       (SELECT client.first_name || ' ' || client.last_name FROM client
        WHERE client.id = thread.client_id AND thread.kind = 'team') AS about
FROM (
    SELECT thread_member.thread_id, thread_member.read_until, last.*
    FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
    CROSS JOIN LATERAL (
        SELECT message.id, message.body, message.sent_at, message.author_id = :account_id AS own
        FROM message WHERE message.thread_id = thread.id ORDER BY message.id DESC LIMIT 1
    ) AS last
    WHERE thread_member.account_id = :account_id AND shows_thread(thread.kind, thread.client_id, :account_id)
      AND last.id < coalesce((
          SELECT max(message.id) FROM message JOIN thread AS named ON named.id = message.thread_id
          WHERE named.public_id = :before AND EXISTS (
              SELECT FROM thread_member AS mine WHERE mine.thread_id = named.id AND mine.account_id = :account_id)),
          9223372036854775807)
    ORDER BY last.id DESC LIMIT :limit
) AS page JOIN thread ON thread.id = page.thread_id
ORDER BY page.id DESC;

-- name: unread
SELECT thread.public_id, thread.subject, count(*) AS unread,
       coalesce((SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id)
                 FROM thread_member AS other JOIN account ON account.id = other.account_id
                 WHERE other.thread_id = thread.id AND other.account_id <> :account_id), '') AS others
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
JOIN message ON message.thread_id = thread.id AND message.id > thread_member.read_until AND message.author_id <> :account_id
WHERE thread_member.account_id = :account_id AND shows_thread(thread.kind, thread.client_id, :account_id)
GROUP BY thread.id ORDER BY max(message.id) DESC LIMIT 20;

-- name: count_unread$
-- At most a hundred: more is said as that.
SELECT count(*) FROM (
    SELECT FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
    JOIN message ON message.thread_id = thread.id AND message.id > thread_member.read_until
        AND message.author_id <> thread_member.account_id
    WHERE thread_member.account_id = :account_id AND shows_thread(thread.kind, thread.client_id, :account_id)
    LIMIT 100
) AS waiting;

-- name: search
SELECT message.public_id, message.body, message.sent_at, message.author_id = :account_id AS own, account.name AS author_name,
       thread.public_id AS thread, thread.subject, thread.kind::text,
       coalesce((SELECT string_agg(person.name, ', ' ORDER BY person.name, person.id)
                 FROM thread_member AS other JOIN account AS person ON person.id = other.account_id
                 WHERE other.thread_id = thread.id AND other.account_id <> :account_id), '') AS others
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
JOIN message ON message.thread_id = thread.id
JOIN account ON account.id = message.author_id
WHERE thread_member.account_id = :account_id AND shows_thread(thread.kind, thread.client_id, :account_id)
  AND message.words @@ (:words::text)::tsquery
ORDER BY message.id DESC LIMIT :most;

-- name: told^
SELECT public_id FROM thread WHERE id = :id;
