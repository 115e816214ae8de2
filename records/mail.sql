-- name: post$
INSERT INTO mail (organization_id, kind, recipient, about_id)
VALUES (:organization_id, :kind, :recipient, :about_id) RETURNING id;

-- name: organization_of$
SELECT organization_id FROM mail WHERE id = :id;

-- name: unsent^
SELECT id, message_id, kind, recipient, about_id FROM mail WHERE id = :id AND sent_at IS NULL FOR UPDATE;

-- name: write!
UPDATE mail SET subject = :subject, body_text = :text, body_html = :html, calendar = :calendar WHERE id = :id;

-- name: mark_sent!
UPDATE mail SET sent_at = clock_now() WHERE id = :id;

-- name: newest
SELECT mail.id, organization.name AS organization_name, recipient, subject, body_text, calendar, sent_at
FROM mail JOIN organization ON organization.id = mail.organization_id
WHERE sent_at IS NOT NULL ORDER BY sent_at DESC, mail.id DESC LIMIT :limit;
