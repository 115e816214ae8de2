-- name: next_number$
-- Holds the organization's row until the commit: all its requests queue here, so little should follow.
UPDATE organization SET last_request_number = last_request_number + 1 WHERE id = :id RETURNING last_request_number;

-- name: number_pending$
SELECT count(*) FROM request WHERE requester_id = :requester_id AND state = 'pending';

-- name: insert_request^
-- A scheduled request expires with the last time asked for, a Now request after the clinic's limit.
WITH stored AS (
    INSERT INTO request (organization_id, number, clinic_id, service_id, service_name, duration, requester_id, host_id, kind,
                         note, answers, asked_times, expires_at)
    SELECT service.organization_id, :number, service.clinic_id, service.id, service.name, service.duration,
           :requester_id, :host_id, :kind::request_kind, :note, :answers::json, asked.times,
           coalesce(asked.times[cardinality(asked.times)], clock_now() + clinic.now_expires_after)
    FROM service JOIN clinic ON clinic.id = service.clinic_id,
         (SELECT array(SELECT time FROM unnest(:times::timestamptz[]) AS time ORDER BY time) AS times) AS asked
    WHERE service.id = :service_id
    RETURNING id, organization_id, public_id, number, duration, expires_at - clock_now() AS time_left
), timed AS (
    INSERT INTO requested_time (organization_id, request_id, rank, starts_at, ends_at)
    SELECT stored.organization_id, stored.id, chosen.rank, chosen.starts_at, chosen.starts_at + stored.duration
    FROM stored, unnest(:times::timestamptz[]) WITH ORDINALITY AS chosen (starts_at, rank)
)
SELECT id, public_id, number, time_left FROM stored;

-- name: deciders
SELECT account.email
FROM request
JOIN clinic ON clinic.id = request.clinic_id
CROSS JOIN LATERAL (
    SELECT request.host_id AS account_id
    UNION
    SELECT clinic_scheduler.account_id FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = clinic.id
    UNION
    SELECT clinic_host.account_id FROM clinic_host
    WHERE clinic_host.clinic_id = clinic.id AND request.host_id IS NULL AND clinic.hosts_see_group_queue
      AND EXISTS (SELECT FROM asked_time WHERE asked_time.request_id = request.id
                  AND host_is_available(clinic.id, clinic_host.account_id, asked_time.starts_at, asked_time.ends_at))
) AS decider
JOIN account ON account.id = decider.account_id AND account.state = 'active'
WHERE request.id = :request_id
ORDER BY account.id;

-- name: find^
SELECT request.id, request.public_id, request.clinic_id, request.host_id, request.requester_id, request.kind::text, request.state::text,
       requester.email AS requester_email, requester.state::text AS requester_state, client.id AS client_id,
       request.requester_id AS visitor_id, clinic.allow_override,
       EXISTS (SELECT FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = request.clinic_id
               AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor,
       request.host_id IS NULL AND clinic.hosts_see_group_queue
           AND EXISTS (SELECT FROM clinic_host WHERE clinic_host.clinic_id = request.clinic_id
                       AND clinic_host.account_id = :actor_id) AS offered_to_actor
FROM request
JOIN clinic ON clinic.id = request.clinic_id
JOIN account AS requester ON requester.id = request.requester_id
LEFT JOIN client ON client.account_id = request.requester_id
WHERE request.public_id = :public_id;

-- name: hold_hosts!
-- Administrators remove hosts under the clinic's lock: nobody is given a session while they are being removed.
SELECT FROM clinic WHERE id = :clinic_id FOR KEY SHARE;

-- name: host_of_clinic$
SELECT account.id FROM clinic_host JOIN account ON account.id = clinic_host.account_id
WHERE clinic_host.clinic_id = :clinic_id AND account.public_id = :host AND account.state = 'active';

-- name: decide^
UPDATE request SET state = :state::request_state, decided_by = :decided_by, decided_at = clock_now(), response = :response
WHERE id = :id AND state = 'pending' RETURNING id;

-- name: expire^
UPDATE request SET state = 'expired', decided_at = clock_now()
FROM account AS requester
WHERE request.id = :id AND request.state = 'pending' AND request.expires_at <= clock_now()
  AND requester.id = request.requester_id
RETURNING request.id, requester.email AS requester_email;

-- name: decision^
SELECT request.state::text, request.decided_at, account.name AS decided_by_name
FROM request LEFT JOIN account ON account.id = request.decided_by WHERE request.id = :id;

-- name: met^
SELECT session.client_id, session.host_id, clinic.department_id
FROM session JOIN clinic ON clinic.id = session.clinic_id
WHERE session.id = :session_id AND session.client_id IS NOT NULL;

-- name: of_account
SELECT request.public_id, request.number, request.service_name, request.kind::text, request.state::text, request.submitted_at,
       request.response, request.note, clinic.name AS clinic_name, coalesce(host.name, clinic.host_group) AS request_to,
       decider.name AS decided_by_name, request.decided_at, session.public_id AS session_public_id,
       session.starts_at, session.ends_at, session.state::text AS session_state, session_host.name AS session_host_name,
       request.expires_at,
       array(SELECT requested_time.starts_at FROM requested_time
             WHERE requested_time.request_id = request.id ORDER BY rank) AS times
FROM request
JOIN clinic ON clinic.id = request.clinic_id
LEFT JOIN account AS host ON host.id = request.host_id
LEFT JOIN account AS decider ON decider.id = request.decided_by
LEFT JOIN session ON session.request_id = request.id
LEFT JOIN account AS session_host ON session_host.id = session.host_id
WHERE request.requester_id = :account_id
ORDER BY request.submitted_at DESC, request.id DESC LIMIT 20;

-- name: own^
SELECT request.public_id, request.number, request.service_name, request.kind::text, request.state::text, request.submitted_at,
       request.expires_at, request.response, request.note, request.answers, clinic.name AS clinic_name,
       coalesce(host.name, clinic.host_group) AS request_to,
       session.public_id AS session_public_id, session.starts_at, session_host.name AS session_host_name,
       array(SELECT requested_time.starts_at FROM requested_time
             WHERE requested_time.request_id = request.id ORDER BY rank) AS times
FROM request
JOIN clinic ON clinic.id = request.clinic_id
LEFT JOIN account AS host ON host.id = request.host_id
LEFT JOIN session ON session.request_id = request.id
LEFT JOIN account AS session_host ON session_host.id = session.host_id
WHERE request.id = :id;

-- name: to_host
SELECT request.id, request.public_id, request.number, request.service_name, request.kind::text, request.submitted_at,
       request.note, request.answers, requester.name AS requester_name, clinic.name AS clinic_name, clinic.host_group,
       clinic.allow_override, request.host_id IS NULL AS to_group,
       (extract(epoch FROM clock_now() - request.submitted_at) * 1000)::float8 AS age_ms,
       (extract(epoch FROM clinic.red_after) * 1000)::float8 AS red_after_ms
FROM request
JOIN clinic ON clinic.id = request.clinic_id
JOIN account AS requester ON requester.id = request.requester_id
WHERE request.state = 'pending'
  AND (request.host_id = :account_id
       OR request.host_id IS NULL AND clinic.hosts_see_group_queue
          AND clinic.id IN (SELECT clinic_id FROM clinic_host WHERE account_id = :account_id)
          AND EXISTS (SELECT FROM asked_time WHERE asked_time.request_id = request.id
                      AND host_is_available(clinic.id, :account_id, asked_time.starts_at, asked_time.ends_at)))
ORDER BY request.submitted_at, request.id;

-- name: told^
SELECT request.id, request.organization_id, request.public_id, request.number, request.service_name, request.kind::text,
       request.state::text, request.submitted_at, request.note, request.response, request.clinic_id, request.host_id, request.duration,
       requester.name AS requester_name, requester.email AS requester_email, clinic.name AS clinic_name,
       department.name AS department_name, request.answers,
       coalesce(host.name, clinic.host_group) AS request_to, organization.name AS organization_name,
       organization.slug AS organization_slug, session.starts_at - clinic.join_before AS opens_at,
       organization.time_zone, decider.name AS decided_by_name,
       session.public_id AS session_public_id, session.starts_at, session.ends_at, session_host.name AS session_host_name,
       session_host.email AS session_host_email,
       array(SELECT requested_time.starts_at FROM requested_time
             WHERE requested_time.request_id = request.id ORDER BY rank) AS times
FROM request
JOIN organization ON organization.id = request.organization_id
JOIN clinic ON clinic.id = request.clinic_id
JOIN department ON department.id = clinic.department_id
JOIN account AS requester ON requester.id = request.requester_id
LEFT JOIN account AS host ON host.id = request.host_id
LEFT JOIN account AS decider ON decider.id = request.decided_by
LEFT JOIN session ON session.request_id = request.id
LEFT JOIN account AS session_host ON session_host.id = session.host_id
WHERE request.id = :id;

-- name: people_of$
SELECT array_remove(ARRAY[request.requester_id, request.host_id, session.host_id], NULL)
       || array(SELECT clinic_host.account_id FROM clinic_host JOIN clinic ON clinic.id = clinic_host.clinic_id
                WHERE clinic.id = request.clinic_id AND clinic.hosts_see_group_queue AND request.host_id IS NULL)
FROM request LEFT JOIN session ON session.request_id = request.id WHERE request.id = :id;
