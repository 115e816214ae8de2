-- name: hold^
-- The account, as long as it waits, with what it said; `practises` says whether the chosen one still takes requests.
SELECT account.id, account.public_id, account.name, registration.department_id, registration.first_name,
       registration.last_name, account.email, registration.date_of_birth, registration.reason,
       chosen.public_id AS practitioner
FROM account JOIN registration ON registration.account_id = account.id
JOIN account AS chosen ON chosen.id = registration.practitioner_id
WHERE account.id = :account_id AND account.state = 'pending'
  AND NOT EXISTS (SELECT FROM client WHERE client.account_id = account.id)
FOR NO KEY UPDATE OF account;

-- name: is_on$
SELECT registration = 'by_practitioner' FROM organization WHERE id = tenant();

-- name: open!
UPDATE account SET state = 'active' WHERE id = :account_id;
