-- name: candidates
-- Who waits for this host and could come then: the time is one that they chose, on their own clock, and they have no session
-- in it; whoever has an offer open, or was asked in this round, is passed over.
SELECT place.id, service.duration, coalesce(account.email, client.email) AS email
FROM waitlist_place AS place
JOIN client ON client.id = place.client_id AND client.active
JOIN account ON account.id = client.account_id
JOIN service ON service.id = place.service_id
JOIN host AS person ON person.account_id = place.host_id AND person.waitlist
CROSS JOIN LATERAL (SELECT :starts_at::timestamptz AT TIME ZONE place.time_zone AS starts) AS wall
CROSS JOIN LATERAL (SELECT extract(hour FROM wall.starts)::int * 60 + extract(minute FROM wall.starts)::int AS minute) AS clock
WHERE place.host_id = :host_id AND place.state = 'waiting'
  AND extract(isodow FROM wall.starts) = ANY (place.weekdays) AND clock.minute >= place.starts_minute
  AND clock.minute + extract(epoch FROM service.duration) / 60 <= place.ends_minute
  AND self_schedules(client.account_id, place.host_id, place.service_id)
  AND NOT EXISTS (SELECT FROM session WHERE session.id = :session_id AND session.client_id = place.client_id)
  AND NOT EXISTS (SELECT FROM waitlist_offer AS earlier WHERE earlier.place_id = place.id
                  AND (earlier.state = 'open' OR earlier.freed_at = :freed_at::timestamptz AND earlier.starts_at = :starts_at))
  AND NOT EXISTS (SELECT FROM session WHERE session.client_id = place.client_id AND session.state IN ('scheduled', 'in_progress')
                  AND session.ends_at > :starts_at AND session.starts_at < :starts_at + service.duration)
ORDER BY place.joined_at, place.id
LIMIT 100;

-- name: offer^
-- None while another offer for that time is open, even if it expired a moment ago: whoever ends that one goes on.
INSERT INTO waitlist_offer (organization_id, place_id, host_id, session_id, freed_at, starts_at, ends_at, expires_at)
SELECT place.organization_id, place.id, place.host_id, :session_id, coalesce(:freed_at::timestamptz, clock_now()),
       :starts_at::timestamptz, :starts_at + :duration::interval, least(clock_now() + clinic.offer_for, :starts_at)
FROM waitlist_place AS place JOIN service ON service.id = place.service_id JOIN clinic ON clinic.id = service.clinic_id
WHERE place.id = :place_id AND place.host_id = :host_id
  AND NOT EXISTS (SELECT FROM waitlist_offer AS other WHERE other.host_id = place.host_id AND other.state = 'open'
                  AND tstzrange(other.starts_at, other.ends_at) && tstzrange(:starts_at, :starts_at + :duration::interval))
RETURNING id, expires_at - clock_now() AS time_left;

-- name: find^
SELECT offer.id, offer.place_id, offer.host_id, offer.session_id, offer.freed_at, offer.starts_at, place.service_id, place.note,
       place.answers, service.clinic_id, place.client_id, client.account_id AS visitor_id, client.account_id AS client_account_id, service.duration,
       self_schedules(client.account_id, offer.host_id, place.service_id) AS self_scheduled
FROM waitlist_offer AS offer
JOIN waitlist_place AS place ON place.id = offer.place_id
JOIN client ON client.id = place.client_id
JOIN service ON service.id = place.service_id
WHERE offer.public_id = :public_id;

-- name: by_id^
SELECT place_id, host_id, session_id, freed_at, starts_at FROM waitlist_offer WHERE id = :id;

-- name: settle$
UPDATE waitlist_offer SET state = :state::offer_state, ended_at = clock_now()
WHERE id = :id AND state = 'open' AND expires_at > clock_now() RETURNING id;

-- name: expire$
UPDATE waitlist_offer SET state = 'expired', ended_at = clock_now()
WHERE id = :id AND state = 'open' AND expires_at <= clock_now() RETURNING id;

-- name: end^
UPDATE waitlist_offer SET state = 'ended', ended_at = clock_now() WHERE place_id = :place_id AND state = 'open'
RETURNING host_id, session_id, freed_at, starts_at;

-- name: booked!
UPDATE waitlist_place SET state = 'booked', ended_at = clock_now() WHERE id = :place_id AND state = 'waiting';

-- name: of_account
SELECT offer.public_id, service.name AS service_name, host.name AS host_name, clinic.name AS clinic_name, offer.starts_at,
       offer.ends_at, offer.expires_at, extract(epoch FROM offer.expires_at - clock_now())::float8 AS left_seconds
FROM client
JOIN waitlist_place AS place ON place.client_id = client.id
JOIN waitlist_offer AS offer ON offer.place_id = place.id AND offer.state = 'open' AND offer.expires_at > clock_now()
JOIN service ON service.id = place.service_id
JOIN clinic ON clinic.id = service.clinic_id
JOIN account AS host ON host.id = offer.host_id
WHERE client.account_id = :account_id
ORDER BY offer.expires_at, offer.id;

-- name: told^
SELECT service.name AS service_name, host.name AS other, clinic.name AS clinic_name, offer.starts_at, offer.expires_at
FROM waitlist_offer AS offer
JOIN waitlist_place AS place ON place.id = offer.place_id
JOIN service ON service.id = place.service_id
JOIN clinic ON clinic.id = service.clinic_id
JOIN account AS host ON host.id = offer.host_id
WHERE offer.id = :id AND offer.state = 'open' AND offer.expires_at > clock_now();
