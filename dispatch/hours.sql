-- name: ensure!
-- A practitioner is a host from their first look at their hours on, in the organization's zone.
INSERT INTO host (account_id, organization_id, time_zone)
SELECT account.id, organization.id, organization.time_zone
FROM account JOIN organization ON organization.id = account.organization_id
WHERE account.id = :account_id AND NOT EXISTS (SELECT FROM host WHERE host.account_id = account.id)
ON CONFLICT (account_id) DO NOTHING;

-- name: lock!
SELECT FROM host WHERE account_id = :account_id FOR NO KEY UPDATE;

-- name: find^
SELECT account.id AS account_id, account.public_id, account.name, host.takes_requests, host.time_zone,
       host.buffer_before, host.buffer_after, host.minimum_notice, host.horizon,
       (clock_now() AT TIME ZONE host.time_zone)::date AS today,
       EXISTS (SELECT FROM clinic_host JOIN clinic_scheduler USING (clinic_id)
               WHERE clinic_host.account_id = host.account_id
                 AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor,
       array(SELECT clinic.department_id FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
             WHERE clinic_host.account_id = host.account_id) AS departments
FROM host JOIN account ON account.id = host.account_id
WHERE account.public_id = :host;

-- name: slots
SELECT public_id, 'weekly' AS kind, weekday::int, NULL::date AS day, starts_minute::int, ends_minute::int
FROM weekly_hours WHERE host_id = :host_id
UNION ALL
SELECT public_id, CASE WHEN open THEN 'open' ELSE 'closed' END, NULL, day, starts_minute, ends_minute
FROM special_hours WHERE host_id = :host_id AND day >= :since::date
ORDER BY weekday, day, starts_minute;

-- name: busy
SELECT session.service_name, session.host_id, clinic.department_id,
       EXISTS (SELECT FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = session.clinic_id
               AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor,
       session.starts_at AT TIME ZONE host.time_zone AS wall_starts,
       session.ends_at AT TIME ZONE host.time_zone AS wall_ends
FROM session JOIN host ON host.account_id = session.host_id JOIN clinic ON clinic.id = session.clinic_id
WHERE session.host_id = :host_id AND session.state IN ('scheduled', 'in_progress')
  AND session.ends_at > :since::date::timestamp AT TIME ZONE host.time_zone
  AND session.starts_at < :until::date::timestamp AT TIME ZONE host.time_zone
ORDER BY session.starts_at;

-- name: take^
DELETE FROM weekly_hours WHERE host_id = :host_id AND public_id = :public_id
RETURNING 'weekly' AS kind, weekday::int, NULL::date AS day, starts_minute::int, ends_minute::int;

-- name: take_special^
DELETE FROM special_hours WHERE host_id = :host_id AND public_id = :public_id
RETURNING CASE WHEN open THEN 'open' ELSE 'closed' END AS kind, NULL::int AS weekday, day, starts_minute::int, ends_minute::int;

-- name: absorb
DELETE FROM weekly_hours
WHERE host_id = :host_id AND weekday = :weekday AND starts_minute <= :ends AND ends_minute >= :starts
RETURNING starts_minute::int, ends_minute::int;

-- name: absorb_special
DELETE FROM special_hours
WHERE host_id = :host_id AND day = :day AND open = :open AND starts_minute <= :ends AND ends_minute >= :starts
RETURNING starts_minute::int, ends_minute::int;

-- name: contradiction^
SELECT starts_minute::int, ends_minute::int FROM special_hours
WHERE host_id = :host_id AND day = :day AND open = :open AND starts_minute < :ends AND ends_minute > :starts
ORDER BY starts_minute LIMIT 1;

-- name: number_of_slots$
SELECT (SELECT count(*) FROM weekly_hours WHERE host_id = :host_id)
     + (SELECT count(*) FROM special_hours WHERE host_id = :host_id AND day >= clock_now()::date - 1);

-- name: insert!
INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute)
SELECT organization_id, account_id, :weekday, :starts, :ends FROM host WHERE account_id = :host_id;

-- name: insert_special!
INSERT INTO special_hours (organization_id, host_id, day, open, starts_minute, ends_minute)
SELECT organization_id, account_id, :day, :open, :starts, :ends FROM host WHERE account_id = :host_id;

-- name: knows_zone$
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone);

-- name: set_preferences!
UPDATE host SET time_zone = :time_zone, buffer_before = :buffer_before, buffer_after = :buffer_after,
    minimum_notice = :minimum_notice, horizon = :horizon
WHERE account_id = :account_id;
