-- name: requests
-- What the boards show of these hints. A request itself, whatever its state; then whatever is pending and may look
-- different: a host's agenda touches what is addressed to them or to the group of any of their clinics (A-27), a clinic
-- and an account what names them. A session also touches the decision that it came from, and a name those that bear it.
SELECT id FROM (
    SELECT unnest(:requests::bigint[]) AS id, 0 AS turn
    UNION ALL
    SELECT request_id, 1 FROM session WHERE id = ANY (:sessions::bigint[]) AND request_id IS NOT NULL
    UNION ALL
    SELECT request.id, 2
    FROM clinic_host JOIN request ON request.clinic_id = clinic_host.clinic_id AND request.state = 'pending'
    WHERE clinic_host.account_id = ANY (:agendas::bigint[] || :accounts::bigint[])
      AND (request.host_id IS NULL OR request.host_id = clinic_host.account_id)
    UNION ALL
    SELECT id, 2 FROM request WHERE state = 'pending' AND host_id = ANY (:agendas::bigint[] || :accounts::bigint[])
    UNION ALL
    SELECT id, 2 FROM request WHERE state = 'pending' AND clinic_id = ANY (:clinics::bigint[])
    UNION ALL
    SELECT id, 3 FROM request
    WHERE requester_id = ANY (:accounts::bigint[])
      AND (state = 'pending' OR decided_at > clock_now() - interval '24 hours')
    UNION ALL
    SELECT request.id, 3 FROM request LEFT JOIN session ON session.request_id = request.id
    WHERE cardinality(:accounts::bigint[]) > 0 AND request.state <> 'pending'
      AND request.clinic_id IN (SELECT id FROM clinic) AND request.decided_at > clock_now() - interval '24 hours'
      AND (request.decided_by = ANY (:accounts::bigint[]) OR session.host_id = ANY (:accounts::bigint[]))
) AS touched
GROUP BY id ORDER BY min(turn), id;

-- name: by_the_clock
-- Pending requests one of whose times began between two instants; and Now requests whose interval (A-26) met or left
-- something of a host's: a session came within two hours or went out of them, began to overlap or ended, or the host's
-- hours opened or closed: of any host of the clinic, for the Assign dialog lists them all. Looked up once for all
-- requests of a clinic and a duration. Whatever else changes announces itself.
WITH alike AS (
    SELECT request.clinic_id, request.duration, clinic.availability, array_agg(request.id) AS ids
    FROM request JOIN clinic ON clinic.id = request.clinic_id
    WHERE request.state = 'pending' AND request.kind = 'now'
    GROUP BY request.clinic_id, request.duration, clinic.availability
), edge AS (
    SELECT least(:since::timestamptz, :until::timestamptz) AS since,
           greatest(:since::timestamptz, :until::timestamptz) AS until
)
SELECT unnest(alike.ids) AS id
FROM alike, edge
WHERE EXISTS (
    SELECT FROM clinic_host
    WHERE clinic_host.clinic_id = alike.clinic_id
      AND (EXISTS (
              SELECT FROM sessions_touching(clinic_host.account_id, edge.since - interval '2 hours',
                                            edge.until + alike.duration + interval '2 hours') AS near
              WHERE near.ends_at + interval '2 hours' BETWEEN edge.since AND edge.until
                 OR near.ends_at BETWEEN edge.since AND edge.until
                 OR near.starts_at - alike.duration BETWEEN edge.since AND edge.until
                 OR near.starts_at - alike.duration - interval '2 hours' BETWEEN edge.since AND edge.until)
           OR alike.availability = 'calendar'
              AND (open_hours(clinic_host.account_id, edge.since, edge.since + alike.duration)
                       @> tstzrange(edge.since, edge.since + alike.duration))
                  <> (open_hours(clinic_host.account_id, edge.until, edge.until + alike.duration)
                       @> tstzrange(edge.until, edge.until + alike.duration))))
UNION
SELECT request.id
FROM edge, request JOIN requested_time ON requested_time.request_id = request.id
WHERE request.state = 'pending' AND request.clinic_id IN (SELECT id FROM clinic)
  AND requested_time.starts_at BETWEEN edge.since AND edge.until
ORDER BY id;

-- name: clinics_of_providers
SELECT clinic.id, clinic.public_id FROM clinic
WHERE (clinic.id = ANY (:clinics::bigint[])
       OR clinic.id IN (SELECT clinic_id FROM clinic_host WHERE account_id = ANY (:accounts::bigint[])))
  AND EXISTS (SELECT FROM request
              WHERE request.clinic_id = clinic.id AND request.state = 'pending' AND request.host_id IS NOT NULL)
ORDER BY clinic.id;

-- name: now$
SELECT clock_now();

-- name: people
-- Whose own pages show any of this: who asked, who is asked (the group's hosts too, where they see its queue, A-11),
-- who visits or hosts the session, and whose agenda or account it is. A clinic's hosts and who asked see its settings.
WITH concerned AS (
    SELECT request.* FROM request WHERE request.id = ANY (:requests::bigint[])
), visit AS (
    SELECT session.* FROM session WHERE session.id = ANY (:sessions::bigint[])
    UNION
    SELECT session.* FROM session WHERE session.request_id = ANY (:requests::bigint[])
)
SELECT requester_id AS account_id FROM concerned
UNION SELECT host_id FROM concerned WHERE host_id IS NOT NULL
UNION SELECT clinic_host.account_id FROM concerned
      JOIN clinic ON clinic.id = concerned.clinic_id AND clinic.hosts_see_group_queue
      JOIN clinic_host ON clinic_host.clinic_id = clinic.id WHERE concerned.host_id IS NULL
UNION SELECT host_id FROM visit
UNION SELECT visitor_id FROM visit WHERE visitor_id IS NOT NULL
UNION SELECT client.account_id FROM visit JOIN client ON client.id = visit.client_id WHERE client.account_id IS NOT NULL
UNION SELECT account_id FROM clinic_host WHERE clinic_id = ANY (:clinics::bigint[])
UNION SELECT requester_id FROM request WHERE clinic_id = ANY (:clinics::bigint[]) AND state = 'pending'
UNION SELECT unnest(:accounts::bigint[])
-- Who else comes to a visit and goes is the host's to know (R-017).
UNION SELECT unnest(ARRAY[admission.account_id, session.host_id])
      FROM admission JOIN session ON session.id = admission.session_id WHERE admission.id = ANY (:admissions::bigint[])
ORDER BY account_id;
