-- Planted wherever the staff writes for the staff, and wherever another client writes: tests/web/test_crawl.py.
UPDATE organization SET portal_messages = true, portal_scheduling = true;

INSERT INTO portal_seat (organization_id, account_id, subscribed)
SELECT DISTINCT organization_id, account_id, true FROM account_role
WHERE role IN ('practitioner', 'organization_administrator');

-- What the staff write among themselves about a client.
INSERT INTO thread (organization_id, kind, client_id, subject)
SELECT client.organization_id, 'team', client.id, 'Kept from clients: subject' FROM client;
INSERT INTO thread_member (organization_id, thread_id, account_id)
SELECT thread.organization_id, thread.id, account.id FROM thread JOIN account USING (organization_id)
WHERE thread.kind = 'team' AND username = 'olivia';
INSERT INTO message (organization_id, thread_id, author_id, body)
SELECT thread_member.organization_id, thread_id, account_id, 'Kept from clients: among the staff'
FROM thread_member JOIN thread ON thread.id = thread_id WHERE kind = 'team';

-- An invoice that is not issued yet.
INSERT INTO invoice (organization_id, client_id, currency, note)
SELECT organization_id, id, 'EUR', 'Kept from clients: a draft' FROM client;

-- What the staff call a form that Chloe has before her, and what somebody else answered before theirs was taken back.
WITH form AS (
    INSERT INTO intake_form (organization_id, name)
    SELECT id, 'Kept from clients: what the staff call it' FROM organization RETURNING id, organization_id
), version AS (
    INSERT INTO intake_form_version (organization_id, form_id, number, content, hash, published_at)
    SELECT organization_id, id, 1,
           '{"title": "A form", "fields": [{"key": "a", "kind": "short_text", "label": "A question"}]}',
           sha256(''), clock_now() FROM form
    RETURNING id, form_id, organization_id
)
INSERT INTO intake (organization_id, client_id, form_id, version_id, sent_by, answers, revision, state, ended_at)
SELECT version.organization_id, client.id, form_id, version.id, client.account_id,
       CASE WHEN own THEN '{}' ELSE '{"a": "Kept from clients: answered by somebody else"}' END::json, 1,
       CASE WHEN own THEN 'sent' ELSE 'withdrawn' END::intake_state, CASE WHEN NOT own THEN clock_now() END
FROM version JOIN client USING (organization_id), LATERAL (SELECT client.email LIKE 'chloe%' AS own) AS whose;

UPDATE client SET first_name = 'Kept from clients' WHERE email LIKE 'david@%';
UPDATE account SET name = 'Kept from clients' WHERE email LIKE 'david@%';
