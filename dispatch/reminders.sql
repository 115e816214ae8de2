-- name: due
-- Sessions that had their time before the reminder was due, and whose reminder is not long overdue: after a server was away, one
-- of a day comes up to twelve hours late, and one of an hour until the session begins. For the system role.
SELECT session.id, session.organization_id, session.starts_at, kind.lead::text
FROM (VALUES ('day'::reminder_lead, interval '24 hours', interval '12 hours'),
             ('hour', interval '1 hour', interval '0')) AS kind (lead, ahead, least)
JOIN session ON session.state = 'scheduled' AND session.starts_at > clock_now() + kind.least
    AND session.starts_at <= clock_now() + kind.ahead AND session.timed_at <= session.starts_at - kind.ahead
WHERE NOT EXISTS (SELECT FROM reminder WHERE reminder.session_id = session.id AND reminder.lead = kind.lead
                  AND reminder.starts_at = session.starts_at)
ORDER BY session.starts_at, session.id
LIMIT 500;

-- name: post$
-- Nothing for a session that has no such time any more, and for whoever does not want it.
INSERT INTO reminder (session_id, organization_id, starts_at, lead)
SELECT session.id, session.organization_id, session.starts_at, :lead::reminder_lead
FROM session
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account ON account.id = coalesce(session.visitor_id, client.account_id)
WHERE session.id = :session_id AND session.state = 'scheduled' AND session.starts_at = :starts_at
  AND session.starts_at > clock_now() AND NOT coalesce('reminder' = ANY (account.unwanted_mail), false)
ON CONFLICT DO NOTHING
RETURNING session_id;
