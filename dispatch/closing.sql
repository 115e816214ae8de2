-- name: organizations
-- Where there may be something to close, before there is a tenant (system role).
SELECT organization_id FROM admission WHERE state IN ('waiting', 'admitted')
UNION
SELECT organization_id FROM session WHERE state = 'in_progress' AND ends_at < clock_now();

-- name: over
-- Visits whose door has closed for good and whose host has been out of them for long: whoever waits or lingers there meets nobody any more.
-- Locked in the order in which whoever else changes a session does: its row before its admissions'.
SELECT session.id, session.state::text
FROM session JOIN clinic ON clinic.id = session.clinic_id
WHERE session.state IN ('scheduled', 'in_progress') AND session.ends_at + clinic.join_after < clock_now()
  AND session.ends_at > clock_now() - interval '7 days'
  AND (session.state = 'in_progress'
       OR EXISTS (SELECT FROM admission WHERE admission.session_id = session.id AND admission.state IN ('waiting', 'admitted')))
  AND NOT EXISTS (SELECT FROM admission AS host WHERE host.session_id = session.id AND host.account_id = session.host_id
                  AND host.state = 'admitted' AND host.here_until > clock_now() - :away::interval)
ORDER BY session.id
LIMIT 100
FOR NO KEY UPDATE OF session;
