-- name: hold!
SELECT FROM session WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: find^
SELECT session.id, session.public_id, session.clinic_id, session.request_id, session.host_id, session.client_id,
       session.visitor_id, session.service_name, session.starts_at, session.ends_at, session.state::text, session.override,
       session.sequence, session.reason, clinic.name AS clinic_name, clinic.allow_override, clinic.contact,
       clinic.client_cancel_before = '0' OR session.starts_at - clinic.client_cancel_before > clock_now() AS client_may_cancel,
       session.starts_at > clock_now() AND session.starts_at - clinic.client_move_before > clock_now() AS client_may_move,
       coalesce(service.booking = 'instant' AND NOT person.confirms
                AND self_schedules(coalesce(session.visitor_id, client.account_id), session.host_id, service.id),
                false) AS instant, host.name AS host_name,
       host.email AS host_email, host.public_id AS host, coalesce(session.visitor_id, client.account_id) AS client_account_id,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       request.number AS request_number,
       session.state = 'scheduled' AND session.ends_at > clock_now() AS changeable,
       session.state = 'scheduled' AND session.starts_at <= clock_now() AS missable,
       session.state = 'no_show' AND session.ends_at + interval '24 hours' >= clock_now() AS restorable,
       session.state IN ('scheduled', 'in_progress') AND session.ends_at + clinic.join_after >= clock_now() AS visitable,
       EXISTS (SELECT FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = session.clinic_id
               AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
LEFT JOIN request ON request.id = session.request_id
LEFT JOIN service ON service.id = request.service_id
LEFT JOIN host AS person ON person.account_id = session.host_id
WHERE session.public_id = :public_id;

-- name: is_ahead$
SELECT :starts_at::timestamptz > clock_now() AND :starts_at < clock_now() + interval '1 year';

-- name: change^
-- A door that was locked is open again: it was locked for another time, or by somebody else.
UPDATE session SET host_id = :host_id, starts_at = :starts_at, ends_at = :ends_at, override = :override, reason = :reason,
       sequence = sequence + 1, locked = false, timed_at = clock_now()
WHERE id = :id AND state = 'scheduled'
RETURNING id, public_id, starts_at, ends_at, override, sequence;

-- name: cancel!
UPDATE session SET state = 'cancelled', reason = :reason, sequence = sequence + 1 WHERE id = :id AND state = 'scheduled';

-- name: restore!
UPDATE session SET state = 'scheduled' WHERE id = :id AND state = 'no_show';

-- name: history
SELECT audit_line.at, audit_line.verb, audit_line.noun, account.name AS by_name,
       former.name AS from_host, coalesce(later.name, accepted_for.name) AS to_host,
       CASE WHEN audit_line.verb = 'reschedule' THEN (audit_line.details ->> 'from')::timestamptz END AS from_time,
       CASE WHEN audit_line.verb = 'reschedule' THEN (audit_line.details ->> 'to')::timestamptz END AS to_time,
       coalesce((audit_line.details ->> 'override')::boolean, false) AS override
FROM audit_line
LEFT JOIN account ON account.id = audit_line.account_id
LEFT JOIN account AS former ON audit_line.verb = 'reassign' AND former.id::text = audit_line.details ->> 'from'
LEFT JOIN account AS later ON audit_line.verb = 'reassign' AND later.id::text = audit_line.details ->> 'to'
LEFT JOIN account AS accepted_for ON audit_line.verb = 'accepted' AND accepted_for.id::text = audit_line.details ->> 'host'
WHERE audit_line.noun = 'session' AND audit_line.noun_id = :session_id
   OR audit_line.noun = 'request' AND audit_line.noun_id = :request_id
ORDER BY audit_line.id;

-- name: other_hosts
SELECT account.public_id, account.name, host_is_free(account.id, session.starts_at, session.ends_at) AS free
FROM session
JOIN clinic_host ON clinic_host.clinic_id = session.clinic_id AND clinic_host.account_id <> session.host_id
JOIN account ON account.id = clinic_host.account_id AND account.state = 'active'
WHERE session.id = :session_id
ORDER BY account.name, account.id;

-- name: to_come
SELECT session.public_id, session.service_name, session.starts_at, session.ends_at, session.state::text, session.override,
       session.sequence, clinic.name AS clinic_name, host.name AS host_name,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
WHERE session.clinic_id IN (SELECT clinic_id FROM clinic_scheduler WHERE account_id = :actor_id)
  AND session.state IN ('scheduled', 'in_progress') AND session.ends_at > clock_now()
  AND (:host::text IS NULL OR host.public_id = :host)
ORDER BY session.starts_at, session.id
LIMIT 500;

-- name: hosts_of
SELECT DISTINCT account.public_id, account.name
FROM clinic_scheduler
JOIN clinic_host ON clinic_host.clinic_id = clinic_scheduler.clinic_id
JOIN account ON account.id = clinic_host.account_id
WHERE clinic_scheduler.account_id = :actor_id
ORDER BY account.name, account.public_id;

-- name: time_zone$
SELECT time_zone FROM organization WHERE id = tenant();
