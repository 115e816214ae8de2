-- name: own^
SELECT username, email, name, time_zone, unwanted_mail, has_password,
       EXISTS (SELECT FROM client WHERE client.account_id = account.id) AS has_file
FROM account WHERE id = :id;

-- name: knows_zone$
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone);

-- name: change$
-- None if nothing is new.
UPDATE account SET name = new.name, time_zone = :time_zone
FROM (SELECT account.id, CASE WHEN EXISTS (SELECT FROM client WHERE client.account_id = account.id) THEN account.name
                              ELSE coalesce(:name, account.name) END AS name
      FROM account WHERE account.id = :id) AS new
WHERE account.id = new.id AND (account.name, account.time_zone) IS DISTINCT FROM (new.name, :time_zone)
RETURNING account.id;

-- name: choose_mail$
UPDATE account SET unwanted_mail = new.kinds
FROM (SELECT account.id, ARRAY(SELECT kind FROM unnest(unwanted_mail) AS kind WHERE kind <> ALL (:shown::text[])
                       UNION SELECT unnest(:unwanted::text[]) ORDER BY 1) AS kinds
      FROM account WHERE account.id = :id FOR UPDATE) AS new
WHERE account.id = new.id AND account.unwanted_mail <> new.kinds
RETURNING account.id;
