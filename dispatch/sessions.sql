-- name: find^
SELECT session.starts_at - clinic.join_before AS opens_at, session.ends_at + clinic.join_after AS closes_at,
       extract(epoch FROM session.starts_at - clinic.join_before - clock_now())::float8 AS opens_in_seconds,
       session.id, session.organization_id, session.public_id, session.host_id, session.service_name, session.starts_at,
       session.ends_at, session.state::text, clinic.name AS clinic_name, host.name AS host_name,
       coalesce(session.visitor_id, client.account_id) AS client_account_id,
       is_cleared(coalesce(session.visitor_id, client.account_id), session.host_id) AS cleared,
       -- Whoever is in already is not asked again.
       owes(session.id) AND NOT EXISTS (
           SELECT FROM admission WHERE admission.session_id = session.id AND admission.state = 'admitted'
               AND admission.account_id = coalesce(session.visitor_id, client.account_id)) AS owed,
       array(SELECT guest.account_id FROM guest
             WHERE guest.session_id = session.id AND guest.revoked_at IS NULL) AS guest_account_ids,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       session.state IN ('scheduled', 'in_progress') AND clock_now()
           BETWEEN session.starts_at - clinic.join_before AND session.ends_at + clinic.join_after AS joinable
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
WHERE session.public_id = :public_id;

-- name: is_inside$
-- Admitted to a visit that goes on, and not away for long: a reload after the end of the join window puts nobody out.
SELECT EXISTS (SELECT FROM admission JOIN session ON session.id = admission.session_id
               WHERE admission.session_id = :session_id AND admission.account_id = :account_id
                 AND admission.device IS NOT DISTINCT FROM :device::bytea AND admission.state = 'admitted'
                 AND session.state = 'in_progress' AND admission.here_until > clock_now() - :limit::interval);

-- name: by_id^
SELECT session.id, session.public_id, session.host_id, session.state::text, session.locked,
       coalesce(session.visitor_id, client.account_id) AS client_account_id,
       extract(epoch FROM session.ends_at - clock_now())::float8 AS ends_in_seconds,
       -- In another visit of theirs, and their page there is open.
       EXISTS (SELECT FROM admission JOIN session AS other ON other.id = admission.session_id
               WHERE admission.account_id = session.host_id AND admission.state = 'admitted'
                 AND admission.here_until > clock_now() AND other.id <> session.id
                 AND other.host_id = session.host_id) AS host_elsewhere
FROM session LEFT JOIN client ON client.id = session.client_id
WHERE session.id = :id;

-- name: of_account
-- `turns_in_seconds`: until Join turns active, or after that inactive; NULL once it never will any more.
SELECT session.starts_at - clinic.join_before AS opens_at,
       session.public_id, session.service_name, session.starts_at, session.ends_at, session.state::text,
       clinic.name AS clinic_name, host.name AS host_name, session.host_id, session.sequence, session.reason,
       session.state = 'scheduled' AND session.ends_at > clock_now() AS changeable, clinic.contact,
       clinic.client_cancel_before = '0' OR session.starts_at - clinic.client_cancel_before > clock_now() AS client_may_cancel,
       coalesce(own.instant, false) AS instant, own.service, host.public_id AS host,
       session.starts_at - clinic.client_move_before > clock_now() AS client_may_move,
       coalesce(client.first_name || ' ' || client.last_name, visitor.name) AS client_name,
       is_cleared(coalesce(session.visitor_id, client.account_id), session.host_id) AS cleared,
       owes(session.id) AS owed,
       during.past, NOT during.past AND during.opened AS joinable,
       CASE WHEN NOT during.past THEN greatest(0, extract(epoch FROM
           CASE WHEN during.opened THEN session.ends_at + clinic.join_after ELSE session.starts_at - clinic.join_before END
           - clock_now())) END::float8 AS turns_in_seconds,
       array(SELECT admission.name FROM admission
             WHERE admission.session_id = session.id AND admission.state = 'waiting'
             ORDER BY admission.knocked_at) AS waiting_names
FROM session
JOIN clinic ON clinic.id = session.clinic_id
JOIN account AS host ON host.id = session.host_id
LEFT JOIN client ON client.id = session.client_id
LEFT JOIN account AS visitor ON visitor.id = session.visitor_id
CROSS JOIN LATERAL (SELECT session.state NOT IN ('scheduled', 'in_progress')
                           OR session.ends_at + clinic.join_after < clock_now() AS past,
                           session.starts_at - clinic.join_before <= clock_now() AS opened) AS during
-- What its client may choose another time for by themselves, and whether that is booked at once.
LEFT JOIN LATERAL (
    SELECT service.public_id AS service, service.booking = 'instant' AND NOT person.confirms AS instant
    FROM request JOIN service ON service.id = request.service_id JOIN host AS person ON person.account_id = session.host_id
    WHERE request.id = session.request_id AND session.state = 'scheduled' AND session.starts_at > clock_now()
      AND session.host_id <> :account_id
      AND self_schedules(coalesce(session.visitor_id, client.account_id), session.host_id, service.id)
) AS own ON true
WHERE (session.host_id = :account_id OR session.visitor_id = :account_id OR client.account_id = :account_id)
  AND during.past = coalesce(:past::boolean, during.past)
  AND (:ending::text IS NULL OR CASE session.state WHEN 'cancelled' THEN 'cancelled' WHEN 'no_show' THEN 'missed' ELSE 'held' END = :ending)
  AND (:other::text IS NULL OR :other IN (host.public_id, client.public_id))
  AND (:before::text IS NULL OR (session.starts_at, session.id)
       < (SELECT earlier.starts_at, earlier.id FROM session AS earlier LEFT JOIN client AS theirs ON theirs.id = earlier.client_id
          WHERE earlier.public_id = :before AND :account_id IN (earlier.host_id, earlier.visitor_id, theirs.account_id)))
ORDER BY during.past, CASE WHEN NOT during.past THEN session.starts_at END, session.starts_at DESC, session.id DESC
LIMIT :most;

-- name: met
SELECT DISTINCT other.public_id, other.name, folded(other.name) AS key
FROM session
LEFT JOIN client ON client.id = session.client_id
JOIN account AS host ON host.id = session.host_id
CROSS JOIN LATERAL (SELECT CASE WHEN session.host_id = :account_id THEN client.public_id ELSE host.public_id END,
                           CASE WHEN session.host_id = :account_id THEN client.first_name || ' ' || client.last_name
                                ELSE host.name END) AS other (public_id, name)
WHERE :account_id IN (session.host_id, session.visitor_id, client.account_id) AND other.public_id IS NOT NULL
ORDER BY key, other.public_id
LIMIT 500;
