-- name: find^
-- `others` are the other members' names, in one line; `read_by_all` the key up to which they all have read, since `read_at`.
-- Of a care team only those count who are around the client now.
SELECT thread.id, thread.public_id, thread.subject, thread.kind::text, thread.begun_at,
       coalesce(thread.client_id, asked.client_id) AS client_id, file.public_id AS client,
       file.first_name || ' ' || file.last_name AS client_name, person.name AS staff_name,
       EXISTS (SELECT FROM thread_member WHERE thread_id = thread.id AND account_id = :account_id)
           AND (thread.kind <> 'team' OR looks_after(:account_id, thread.client_id)) AS is_member,
       coalesce(names.others, '') AS others, names.read_by_all, names.read_at,
       CASE WHEN asked.state = 'pending' THEN true
            WHEN asked.state = 'declined' AND asked.practitioner_id = :account_id THEN NOT EXISTS (
                SELECT FROM message WHERE message.thread_id = thread.id AND message.author_id = asked.practitioner_id
                AND message.sent_at >= asked.decided_at)
            ELSE false END AS is_answerable,
       pair.staff_id, pair.client_account_id, pair.associated, pair.administers, pair.staff_active, pair.client_active,
       coalesce(pair.switched_on, organization.portal_messages) AS switched_on,
       CASE thread.kind WHEN 'team' THEN has_seat(:account_id) ELSE coalesce(pair.subscribed, false) END AS subscribed
FROM thread JOIN organization ON organization.id = thread.organization_id
LEFT JOIN LATERAL (
    SELECT state, client_id, practitioner_id, decided_at FROM connection_request
    WHERE thread.kind = 'connection' AND connection_request.thread_id = thread.id
    ORDER BY connection_request.id DESC LIMIT 1
) AS asked ON true
LEFT JOIN LATERAL correspondence(coalesce(thread.staff_id, asked.practitioner_id), coalesce(thread.client_id, asked.client_id))
    AS pair ON true
LEFT JOIN client AS file ON file.id = coalesce(thread.client_id, asked.client_id)
LEFT JOIN account AS person ON person.id = coalesce(thread.staff_id, asked.practitioner_id)
CROSS JOIN LATERAL (
    SELECT string_agg(account.name, ', ' ORDER BY account.name, account.id) AS others, min(read_until) AS read_by_all,
           max(thread_member.read_at) AS read_at
    FROM thread_member JOIN account ON account.id = thread_member.account_id
    WHERE thread_member.thread_id = thread.id AND account.id <> :account_id
      AND (thread.kind <> 'team' OR looks_after(account.id, thread.client_id))
) AS names
WHERE thread.public_id = :public_id;

-- name: pair^
-- Somebody of the staff and the person of a file: the reader is one of the two, and `other` names the second, a file by its
-- public id or a practitioner by their account's.
SELECT pair.*, file.id AS file_id, file.public_id AS client, file.first_name || ' ' || file.last_name AS client_name,
       person.name AS staff_name, CASE WHEN person.id = :account_id THEN file.first_name || ' ' || file.last_name
                                       ELSE person.name END AS name
FROM (
    SELECT :account_id AS staff_id, id AS file_id FROM client WHERE public_id = :other
    UNION ALL
    SELECT account.id, own.id FROM account JOIN client AS own ON own.account_id = :account_id WHERE account.public_id = :other
) AS named
CROSS JOIN LATERAL correspondence(named.staff_id, named.file_id) AS pair
JOIN client AS file ON file.id = named.file_id
JOIN account AS person ON person.id = pair.staff_id;

-- name: practitioners
-- Whom a client may write to.
SELECT account.public_id, account.name, coalesce(public_profile.title, '') AS about
FROM client JOIN association ON association.client_id = client.id
JOIN account ON account.id = association.practitioner_id AND account.state = 'active' AND account.id <> client.account_id
LEFT JOIN public_profile ON public_profile.account_id = account.id
WHERE client.account_id = :account_id AND client.active AND portal_offers('messages', account.id)
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner')
ORDER BY account.name, account.id LIMIT 100;

-- name: clients
-- Whom a practitioner may write to: their clients who have set up their account.
SELECT client.public_id, client.first_name || ' ' || client.last_name AS name, client.email AS about
FROM association JOIN client ON client.id = association.client_id AND client.active
JOIN account ON account.id = client.account_id AND account.state = 'active' AND account.has_password
WHERE association.practitioner_id = :account_id AND account.id <> :account_id
  AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS word WHERE position(word IN lower(
      concat_ws(' ', client.first_key, client.last_key, client.email))) = 0)
ORDER BY client.last_key, client.first_key, client.id LIMIT 50;

-- name: file^
SELECT id, public_id, first_name || ' ' || last_name AS name, looks_after(:account_id, id) AS is_around
FROM client WHERE public_id = :public_id;

-- name: team
-- The staff around a client who have a seat, besides those in `without`.
SELECT account.id, account.public_id, account.name, account.email,
       EXISTS (SELECT FROM association WHERE client_id = :client_id AND practitioner_id = account.id) AS is_practitioner
FROM portal_seat JOIN account ON account.id = portal_seat.account_id
WHERE portal_seat.subscribed AND has_seat(account.id) AND looks_after(account.id, :client_id)
  AND NOT account.id = ANY (:without::bigint[])
ORDER BY account.name, account.id LIMIT 200;

-- name: members
SELECT account_id FROM thread_member WHERE thread_id = :thread_id;
