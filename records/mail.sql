-- name: post
INSERT INTO mail (organization_id, kind, recipient, about_id, details)
SELECT :organization_id, :kind, recipient, :about_id, :details::json FROM unnest(:recipients::text[]) AS recipient
WHERE NOT EXISTS (SELECT FROM account WHERE account.organization_id = :organization_id AND account.email = recipient
                  AND :kind = ANY (account.unwanted_mail))
RETURNING id;

-- name: organization_of$
SELECT organization_id FROM mail WHERE id = :id;

-- name: unsent^
-- `time_zone`: in which its reader is told of times.
SELECT mail.id, message_id, kind, recipient, about_id, details, posted_at, organization.name AS organization_name,
       organization.slug AS organization_slug, coalesce(account.time_zone, organization.time_zone) AS time_zone,
       organization.registration <> 'invite_only' AND NOT coalesce(account.has_password, false) AS may_register
FROM mail JOIN organization ON organization.id = mail.organization_id
LEFT JOIN account ON account.organization_id = mail.organization_id AND account.email = mail.recipient
WHERE mail.id = :id AND sent_at IS NULL FOR UPDATE OF mail;

-- name: write!
UPDATE mail SET subject = :subject, body_text = :text, body_html = :html, calendar = :calendar WHERE id = :id;

-- name: mark_sent!
UPDATE mail SET sent_at = clock_now(), details = '{}' WHERE id = :id;

-- name: recipients
SELECT DISTINCT recipient FROM mail WHERE kind = :kind AND about_id = :about_id ORDER BY recipient;

-- name: newest
SELECT mail.id, organization.name AS organization_name, recipient, subject, body_text, calendar, sent_at
FROM mail JOIN organization ON organization.id = mail.organization_id
WHERE sent_at IS NOT NULL AND subject IS NOT NULL ORDER BY sent_at DESC, mail.id DESC LIMIT :limit;
