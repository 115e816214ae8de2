-- name: of_hosts
-- Who waits at a door of these hosts that has not closed yet, longest first. A host at whose doors nobody waits has one
-- row without an admission: that, too, is news. Bounded as session_agenda is: no session is longer than 12 hours, and no
-- door stays open for a day after one.
SELECT host.id AS host_id, (extract(epoch FROM statement_timestamp()) * 1000000)::int8 AS read_at, knock.*
FROM unnest(:hosts::bigint[]) AS host (id)
LEFT JOIN LATERAL (
    SELECT admission.public_id AS admission, admission.epoch, admission.name, session.public_id AS session,
           session.service_name,
           extract(epoch FROM clock_now() - admission.knocked_at)::float8 AS waited_seconds,
           extract(epoch FROM session.ends_at + clinic.join_after - clock_now())::float8 AS closes_in_seconds
    FROM session
    JOIN clinic ON clinic.id = session.clinic_id
    JOIN admission ON admission.session_id = session.id AND admission.state = 'waiting'
    WHERE session.host_id = host.id AND session.state IN ('scheduled', 'in_progress')
      AND session.ends_at BETWEEN clock_now() - interval '1 day' AND clock_now() + interval '2 days'
      AND session.ends_at + clinic.join_after > clock_now()
    ORDER BY admission.knocked_at, admission.id
) AS knock ON true
ORDER BY host.id, knock.waited_seconds DESC, knock.admission;

-- name: hosts
-- Whose doors any of this concerns: a session that moves from one host to another changes the agendas of both.
SELECT host_id FROM session WHERE id = ANY (:sessions::bigint[])
UNION
SELECT session.host_id FROM admission JOIN session ON session.id = admission.session_id
WHERE admission.id = ANY (:admissions::bigint[])
UNION
SELECT unnest(:agendas::bigint[]);
