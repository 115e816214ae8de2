-- name: find^
SELECT coalesce(title, '') AS title, coalesce(about, '') AS about, coalesce(takes_connections, true) AS takes_connections
FROM (SELECT :account_id::bigint AS account_id) AS asked LEFT JOIN public_profile USING (account_id);

-- name: person^
SELECT account.id, account.public_id, account.name,
       coalesce(array_agg(department_id) FILTER (WHERE department_id IS NOT NULL), '{}') AS practises_in,
       bool_or(department_id IS NULL) AS practises_anywhere
FROM account JOIN account_role ON account_role.account_id = account.id AND role = 'practitioner'
WHERE account.public_id = :public_id
GROUP BY account.id;

-- name: change$
INSERT INTO public_profile (account_id, organization_id, title, about, takes_connections)
VALUES (:account_id, tenant(), :title, :about, :takes_connections)
ON CONFLICT (account_id) DO UPDATE
SET title = excluded.title, about = excluded.about, takes_connections = excluded.takes_connections
WHERE (public_profile.title, public_profile.about, public_profile.takes_connections)
      IS DISTINCT FROM (excluded.title, excluded.about, excluded.takes_connections)
RETURNING account_id;
