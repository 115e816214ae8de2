-- name: people
-- The client first, then the guests as they were invited; each with their link that stands.
WITH person AS (
    SELECT 'client' AS person, account.id AS account_id, account.state::text,
           coalesce(client.first_name || ' ' || client.last_name, account.name) AS name, account.email, '' AS relation,
           session.id AS session_id, 0::bigint AS place
    FROM session LEFT JOIN client ON client.id = session.client_id
    JOIN account ON account.id = coalesce(session.visitor_id, client.account_id)
    WHERE session.id = :session_id
    UNION ALL
    SELECT guest.public_id, guest.account_id, account.state::text, guest.name, guest.email, guest.relation,
           guest.session_id, guest.id
    FROM guest JOIN account ON account.id = guest.account_id
    WHERE guest.session_id = :session_id AND guest.revoked_at IS NULL
)
SELECT person.person, person.account_id, person.state, person.name, person.email, person.relation,
       direct_link.created_at AS made_at, direct_link.opened_at, direct_link.other_at
FROM person
LEFT JOIN direct_link ON direct_link.session_id = person.session_id AND direct_link.account_id = person.account_id
     AND direct_link.revoked_at IS NULL
ORDER BY person.place;

-- name: is_in_by_link$
SELECT EXISTS (SELECT FROM admission WHERE session_id = :session_id AND account_id = :account_id AND by_link
               AND state IN ('waiting', 'admitted'));
