-- Reach is asked in each: all files, or those of the reader's departments and of associations in them (R-002, R-003). Each
-- file is asked while the list is walked, which ends with the page: OFFSET 0 keeps Postgres from reading all associations first.
-- Keys are compared as rows, so a page begins where the last one ended, however far down that is. A page is 50, and one more
-- tells that there is another; as a number, not a parameter, it lets Postgres plan for a page (`plan_once` in records/database.py).

-- part: reached
(:everywhere OR client.department_id = ANY (:departments::bigint[]) OR EXISTS (
       SELECT FROM association WHERE association.client_id = client.id
       AND association.department_id = ANY (:departments::bigint[]) OFFSET 0))

-- part: shown
-- What the list shows of the files found.
, practised AS (
    SELECT found.id, string_agg(practitioner.name, ', ' ORDER BY practitioner.name) AS names
    FROM found CROSS JOIN LATERAL (  -- OFFSET 0 again: by the index, also where reading all associations looks cheap
        SELECT association.practitioner_id FROM association WHERE association.client_id = found.id OFFSET 0) AS association
    JOIN account AS practitioner ON practitioner.id = association.practitioner_id
    GROUP BY found.id
)
SELECT client.id, client.public_id, client.first_name, client.last_name, client.email, client.date_of_birth, client.created_at,
       client.first_key, client.last_key, client.active, account.state::text AS account_state, account.has_password,
       practised.names AS practitioners, client.turn
FROM found AS client
LEFT JOIN account ON account.id = client.account_id
LEFT JOIN practised ON practised.id = client.id

-- name: by_name
WITH found AS (
    SELECT client.*, 0 AS turn FROM client
    WHERE client.active = :active AND (client.last_key, client.first_key, client.id) > (:last, :first, :id) AND {reached}
    ORDER BY client.last_key, client.first_key, client.id LIMIT 51
)
{shown}
ORDER BY client.last_key, client.first_key, client.id;

-- name: by_age
WITH found AS (
    SELECT client.*, 0 AS turn FROM client
    WHERE client.active = :active AND (client.created_at, client.id) < (:before::timestamptz, :id) AND {reached}
    ORDER BY client.created_at DESC, client.id DESC LIMIT 51
)
{shown}
ORDER BY client.created_at DESC, client.id DESC;

-- name: search
-- Three ranges of three indexes, one after the other: by last name, then by first name, then by address; each begins after
-- keys of its own. Whoever was found by an earlier one is not found again; a page full of last names asks no further.
WITH reached AS NOT MATERIALIZED (
    SELECT client.* FROM client WHERE client.active = :active AND {reached}
), named AS (
    SELECT *, 1 AS turn, last_key AS one, first_key AS two FROM reached
    WHERE (last_key, first_key, id) > (:last, :last_two, :last_id) AND last_key < :high
    ORDER BY last_key, first_key, id LIMIT 51
), found AS (
    SELECT * FROM (
        SELECT * FROM named
        UNION ALL
        (SELECT *, 2, first_key, last_key FROM reached
         WHERE (SELECT count(*) FROM named) < 51
           AND (first_key, last_key, id) > (:first, :first_two, :first_id) AND first_key < :high
           AND NOT (last_key >= :low AND last_key < :high)
         ORDER BY first_key, last_key, id LIMIT 51)
        UNION ALL
        (SELECT *, 3, email COLLATE "C", '' FROM reached
         WHERE (SELECT count(*) FROM named) < 51
           AND (email COLLATE "C", id) > (:email, :email_id) AND email COLLATE "C" < :high
           AND NOT (last_key >= :low AND last_key < :high) AND NOT (first_key >= :low AND first_key < :high)
         ORDER BY email COLLATE "C", id LIMIT 51)
    ) AS ranges
    ORDER BY turn, one, two, id LIMIT 51
)
{shown}
ORDER BY client.turn, client.one, client.two, client.id;

-- name: by_last_and_first
-- "Last, first": the last name whole, the first name as it begins.
WITH found AS (
    SELECT client.*, 0 AS turn FROM client
    WHERE client.active = :active AND last_key = :whole AND (first_key, id) > (:start, :id) AND first_key < :high AND {reached}
    ORDER BY first_key, id LIMIT 51
)
{shown}
ORDER BY client.first_key, client.id;

-- name: by_first_and_last
-- "First last", as one says it.
WITH found AS (
    SELECT client.*, 0 AS turn FROM client
    WHERE client.active = :active AND first_key = :whole AND (last_key, id) > (:start, :id) AND last_key < :high AND {reached}
    ORDER BY last_key, id LIMIT 51
)
{shown}
ORDER BY client.last_key, client.id;

-- name: without_file
-- Who signs in, or would, and has no file: `pending` only those who registered and wait for approval; else all prospects.
-- Who waits longest comes first.
SELECT account.id, account.public_id, account.name, account.email, account.state::text AS account_state, account.created_at,
       registration.account_id IS NOT NULL AS registered, registration.first_name, registration.last_name,
       registration.date_of_birth, registration.unsure, registration.confirmed_at, department.name AS department_name,
       (SELECT count(*) FROM request WHERE request.requester_id = account.id) AS requests,
       -- Somebody whom the organization knows already, perhaps (A-06): as people/registrations.sql finds them.
       EXISTS (SELECT FROM client WHERE client.email COLLATE "C" = account.email OR client.date_of_birth = registration.date_of_birth
               AND client.last_key = folded(registration.last_name) AND client.first_key = folded(registration.first_name))
       OR EXISTS (SELECT FROM registration AS other
                  WHERE other.date_of_birth = registration.date_of_birth AND other.account_id <> account.id
                    AND folded(other.last_name) = folded(registration.last_name)
                    AND folded(other.first_name) = folded(registration.first_name)
                    AND NOT EXISTS (SELECT FROM client WHERE client.account_id = other.account_id)) AS known
FROM account
LEFT JOIN registration ON registration.account_id = account.id AND registration.confirmed_at IS NOT NULL
LEFT JOIN department ON department.id = registration.department_id
WHERE account.state IN ('pending', 'active')
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'client')
  AND NOT EXISTS (SELECT FROM client WHERE client.account_id = account.id)
  AND (NOT :pending OR (account.state = 'pending' AND registration.account_id IS NOT NULL))
  AND (:everywhere OR registration.department_id = ANY (:departments::bigint[]))
  AND begins_so(:low, account.name, registration.last_name, registration.first_name, account.email)
  AND account.id > :id
ORDER BY account.id LIMIT :most;

-- name: closed
-- Who was turned away, or whose account another replaced: the newest, without a file and with nothing of the staff.
SELECT account.public_id, account.name, account.email
FROM account LEFT JOIN registration ON registration.account_id = account.id
WHERE account.state = 'inactive'
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'client')
  AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client')
  AND NOT EXISTS (SELECT FROM client WHERE client.account_id = account.id)
  AND (:everywhere OR registration.department_id = ANY (:departments::bigint[]))
  AND begins_so(:low, account.name, registration.last_name, registration.first_name, account.email)
ORDER BY account.id DESC LIMIT 50;
