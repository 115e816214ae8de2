-- name: people
-- Whom a seat is of use to; and whoever has one still, whatever became of their roles.
SELECT account.public_id, account.name, account.email, account.state::text, account.has_password,
       coalesce(held.practitioner, false) AS practitioner, coalesce(held.administrator, false) AS administrator,
       coalesce(portal_seat.subscribed, false) AND has_seat(account.id) AS subscribed,
       coalesce(portal_seat.may_invite, false) AS may_invite
FROM account
LEFT JOIN portal_seat ON portal_seat.account_id = account.id
CROSS JOIN LATERAL (
    SELECT bool_or(role = 'practitioner') AS practitioner, bool_or(role = 'organization_administrator') AS administrator
    FROM account_role WHERE account_role.account_id = account.id AND role <> 'client'
) AS held
WHERE account.state <> 'inactive' AND (held.practitioner OR held.administrator OR has_seat(account.id))
  AND (:words = '' OR position(folded(:words) IN folded(account.name)) > 0 OR position(folded(:words) IN account.email) > 0)
ORDER BY folded(account.name), account.id
LIMIT :most;

-- name: seats$
SELECT count(*) FROM portal_seat WHERE has_seat(account_id);

-- name: hold$
-- The account, so that two who change its seat follow each other also while there is no row of it.
SELECT id FROM account WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: person^
SELECT account.id, account.state::text, coalesce(held.practitioner, false) AS practitioner,
       coalesce(held.administrator, false) AS administrator, coalesce(portal_seat.subscribed, false) AS subscribed,
       coalesce(portal_seat.may_invite, false) AS may_invite
FROM account
LEFT JOIN portal_seat ON portal_seat.account_id = account.id
CROSS JOIN LATERAL (
    SELECT count(*) AS roles, bool_or(role = 'practitioner') AS practitioner,
           bool_or(role = 'organization_administrator') AS administrator
    FROM account_role WHERE account_role.account_id = account.id AND role <> 'client'
) AS held
WHERE account.id = :id AND (held.roles > 0 OR portal_seat.account_id IS NOT NULL);

-- name: put!
INSERT INTO portal_seat (organization_id, account_id, subscribed, may_invite)
VALUES (tenant(), :account_id, :subscribed, :may_invite)
ON CONFLICT (account_id) DO UPDATE
SET subscribed = excluded.subscribed, may_invite = excluded.may_invite, changed_at = clock_now();
