-- name: form^
-- `today` is the last birthday that somebody can have.
SELECT id, slug, name, registration <> 'invite_only' AS is_open,
       registration = 'by_practitioner' AS by_practitioner, (clock_now() AT TIME ZONE 'UTC' + interval '14 hours')::date AS today
FROM organization WHERE id = :id;

-- name: departments
SELECT id, public_id, name FROM department WHERE organization_id = :organization_id ORDER BY name;

-- name: practitioners
-- Whom a newcomer may choose: as portal/practitioners.sql shows them to clients.
SELECT account.id, account.public_id, account.name, coalesce(public_profile.title, '') AS title
FROM account LEFT JOIN public_profile ON public_profile.account_id = account.id
WHERE account.organization_id = :organization_id AND account.state = 'active' AND coalesce(public_profile.takes_connections, true)
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'practitioner')
ORDER BY account.name, account.id LIMIT 200;

-- name: username_taken$
SELECT EXISTS (SELECT FROM account WHERE organization_id = :organization_id AND username = :username);

-- name: add^
INSERT INTO registration (organization_id, email, username, password_hash, token_hash, department_id, practitioner_id, unsure, first_name, last_name,
                          date_of_birth, phone, region, language, reason, earlier_care, emergency_contact)
VALUES (:organization_id, :email, :username, :password_hash, :token_hash, :department_id, :practitioner_id, :unsure, :first_name, :last_name,
        :date_of_birth, :phone, :region, :language, :reason, :earlier_care, :emergency_contact)
RETURNING public_id, email;

-- name: renew^
UPDATE registration SET token_hash = :token_hash, sent_at = clock_now()
WHERE organization_id = :organization_id AND public_id = :public_id AND account_id IS NULL
RETURNING public_id, email;

-- name: find^
SELECT public_id, email FROM registration
WHERE organization_id = :organization_id AND public_id = :public_id AND account_id IS NULL;

-- name: look^
SELECT id, public_id, email, username, password_hash, sent_at > clock_now() - :lifetime::interval AS usable
FROM registration WHERE organization_id = :organization_id AND token_hash = :token_hash;

-- name: lock
-- All that wait with one address, in one order: who confirms two of them at once waits for themselves and no deadlock.
SELECT id FROM registration WHERE organization_id = :organization_id AND email = :email AND account_id IS NULL
ORDER BY id FOR UPDATE;

-- name: hold^
SELECT id, email, username, password_hash, first_name, last_name, department_id, practitioner_id FROM registration
WHERE organization_id = :organization_id AND token_hash = :token_hash AND sent_at > clock_now() - :lifetime::interval;

-- name: owner_of^
-- Whose address it is. `keeps`: an account without a password that its owner reaches by the mail alone (a guest's, a
-- prospect's), which registering completes.
SELECT id, state::text, has_password,
       state IN ('pending', 'active') AND NOT has_password
       AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client') AS keeps
FROM account WHERE organization_id = :organization_id AND email = :email;

-- name: make^
WITH made AS (
    INSERT INTO account (organization_id, username, email, name, password_hash, state)
    VALUES (:organization_id, :username, :email, :name, :password_hash, 'pending')
    ON CONFLICT (organization_id, email) DO NOTHING
    RETURNING id, state::text
), role AS (
    INSERT INTO account_role (organization_id, account_id, role) SELECT :organization_id, id, 'client' FROM made
)
SELECT id, state FROM made;

-- name: complete^
-- Whom the staff has approved already keeps the name that it knows.
UPDATE account SET username = :username, password_hash = :password_hash,
       name = CASE WHEN state = 'pending' THEN :name ELSE name END
WHERE organization_id = :organization_id AND email = :email AND state IN ('pending', 'active') AND password_hash IS NULL
  AND NOT EXISTS (SELECT FROM account_role WHERE account_role.account_id = account.id AND role <> 'client')
RETURNING id, state::text;

-- name: add_client_role!
INSERT INTO account_role (organization_id, account_id, role)
VALUES (:organization_id, :account_id, 'client') ON CONFLICT DO NOTHING;

-- name: settle!
UPDATE registration SET account_id = :account_id, confirmed_at = clock_now(), username = NULL, password_hash = NULL, token_hash = NULL
WHERE id = :id;

-- name: drop_others!
-- What else was typed with this address is nobody's any more.
DELETE FROM registration WHERE organization_id = :organization_id AND email = :email AND account_id IS NULL;

-- name: to_tell
-- R-201, R-202: of those who may approve it, whoever did not switch this mail off (R-024). No department: unsure, or none
-- to choose from.
SELECT DISTINCT account.email
FROM account JOIN account_role ON account_role.account_id = account.id
WHERE account.organization_id = :organization_id AND account.state = 'active' AND NOT 'new_client' = ANY (account.unwanted_mail)
  AND (role = 'organization_administrator'
       OR (role IN ('department_administrator', 'care_coordinator') AND account_role.department_id = :department_id))
ORDER BY account.email;
