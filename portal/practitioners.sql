-- name: file_of^
SELECT id, public_id, active FROM client WHERE account_id = :account_id;

-- name: practitioners
SELECT account.public_id, account.name, coalesce(public_profile.title, '') AS title,
       left(coalesce(public_profile.about, ''), 200) AS about, departments.names AS departments,
       EXISTS (SELECT FROM association WHERE association.client_id = :client_id
               AND association.practitioner_id = account.id) AS connected,
       EXISTS (SELECT FROM connection_request WHERE connection_request.client_id = :client_id
               AND connection_request.practitioner_id = account.id AND state = 'pending') AS asked
FROM account LEFT JOIN public_profile ON public_profile.account_id = account.id
CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(department.name, ', ' ORDER BY lower(department.name)), '') AS names FROM department
    WHERE EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
                  AND (department_id IS NULL OR department_id = department.id))
) AS departments
WHERE account.state = 'active' AND account.id <> :own_id AND coalesce(public_profile.takes_connections, true)
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner')
  AND NOT EXISTS (
      SELECT FROM unnest(:words::text[]) AS word WHERE position(word IN folded(
          concat_ws(' ', account.name, public_profile.title, public_profile.about, departments.names))) = 0)
ORDER BY account.name, account.id LIMIT :most;

-- name: practitioner^
-- `request` and `thread` are those of the request that waits.
SELECT account.id, account.public_id, account.name, coalesce(public_profile.title, '') AS title,
       coalesce(public_profile.about, '') AS about, coalesce(public_profile.takes_connections, true) AS takes,
       coalesce((SELECT string_agg(department.name, ', ' ORDER BY lower(department.name)) FROM department
           WHERE EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner'
                         AND (department_id IS NULL OR department_id = department.id))), '') AS departments,
       EXISTS (SELECT FROM association WHERE association.client_id = :client_id
               AND association.practitioner_id = account.id) AS connected,
       connection_request.public_id AS request, connection_request.asked_at, thread.public_id AS thread
FROM account LEFT JOIN public_profile ON public_profile.account_id = account.id
LEFT JOIN connection_request ON connection_request.client_id = :client_id
    AND connection_request.practitioner_id = account.id AND connection_request.state = 'pending'
LEFT JOIN thread ON thread.id = connection_request.thread_id
WHERE account.public_id = :public_id AND account.state = 'active'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner');

-- name: relations
-- The newest request to each practitioner, and every association.
SELECT account.public_id, account.name, coalesce(public_profile.title, '') AS title,
       CASE WHEN association.client_id IS NOT NULL THEN 'connected' ELSE asked.state END AS state,
       asked.public_id AS request, asked.thread, asked.asked_at, asked.decided_at,
       account.state = 'active' AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id
                                            AND role = 'practitioner') AS practises,
       portal_offers('messages', account.id) AS takes_messages
FROM (
    SELECT DISTINCT ON (practitioner_id) connection_request.practitioner_id, connection_request.public_id,
           connection_request.state::text, thread.public_id AS thread, asked_at, decided_at
    FROM connection_request JOIN thread ON thread.id = connection_request.thread_id
    WHERE connection_request.client_id = :client_id ORDER BY practitioner_id, asked_at DESC, connection_request.id DESC
) AS asked
FULL JOIN (SELECT client_id, practitioner_id FROM association WHERE client_id = :client_id) AS association
    ON association.practitioner_id = asked.practitioner_id
JOIN account ON account.id = coalesce(association.practitioner_id, asked.practitioner_id)
LEFT JOIN public_profile ON public_profile.account_id = account.id
WHERE association.client_id IS NOT NULL OR asked.state = 'pending'
   OR asked.state IN ('declined', 'ended') AND asked.decided_at > clock_now() - interval '30 days'
ORDER BY association.client_id IS NULL, asked.state <> 'pending', account.name, account.id;
