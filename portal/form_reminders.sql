-- name: organizations
-- Where somebody may be due, before there is a tenant (system role).
SELECT DISTINCT organization_id FROM intake
WHERE state IN ('sent', 'started') AND reminders < :most AND coalesce(reminded_at, sent_at) <= clock_now() - :apart::interval;

-- name: take_turn$
-- One process at a time in each organization, until its transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('anteroom.form_reminders'), tenant()::int);

-- name: due
-- Who is due is marked with all that waits for them, so that the next mail for any of it comes three days from now.
WITH due AS (
    SELECT client.id, account.email FROM client JOIN account ON account.id = client.account_id
    WHERE client.active AND account.has_password AND account.state IN ('pending', 'active')
      AND (SELECT portal_forms FROM organization WHERE organization.id = tenant())
      AND EXISTS (SELECT FROM intake WHERE intake.client_id = client.id AND intake.state IN ('sent', 'started')
                  AND intake.reminders < :most AND coalesce(reminded_at, sent_at) <= clock_now() - :apart::interval)
    ORDER BY client.id LIMIT :batch
), marked AS (
    UPDATE intake SET reminded_at = clock_now(), reminders = least(reminders + 1, :most)
    FROM due WHERE intake.client_id = due.id AND intake.state IN ('sent', 'started')
    RETURNING intake.client_id, intake.id
)
SELECT due.id, due.email, array_agg(marked.id ORDER BY marked.id) AS intakes
FROM due JOIN marked ON marked.client_id = due.id GROUP BY due.id, due.email ORDER BY due.id;
