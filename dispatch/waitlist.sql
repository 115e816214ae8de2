-- name: join^
INSERT INTO waitlist_place (organization_id, client_id, host_id, service_id, weekdays, starts_minute, ends_minute, time_zone, note,
                            answers)
VALUES (tenant(), :client_id, :host_id, :service_id, :weekdays::smallint[], :starts_minute, :ends_minute, :time_zone, :note,
        :answers::json)
RETURNING id, public_id;

-- name: knows_zone$
-- Offers ask the clock of a place's zone: one that Postgres does not know would stop them.
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone);

-- name: find^
SELECT place.id, place.host_id, client.account_id AS client_account_id
FROM waitlist_place AS place JOIN client ON client.id = place.client_id
WHERE place.public_id = :public_id;

-- name: leave$
UPDATE waitlist_place SET state = 'left', ended_at = clock_now() WHERE id = :id AND state = 'waiting' RETURNING id;

-- name: of_account
SELECT place.public_id, service.name AS service_name, account.name AS host_name, clinic.name AS clinic_name, place.weekdays,
       place.starts_minute::int, place.ends_minute::int, place.time_zone, place.joined_at,
       EXISTS (SELECT FROM session JOIN request ON request.id = session.request_id
               WHERE session.client_id = client.id AND session.ends_at > clock_now() AND session.state = 'scheduled'
                 AND session.host_id = place.host_id AND request.service_id = place.service_id) AS booked
FROM client
JOIN waitlist_place AS place ON place.client_id = client.id AND place.state = 'waiting'
JOIN service ON service.id = place.service_id
JOIN clinic ON clinic.id = service.clinic_id
JOIN account ON account.id = place.host_id
WHERE client.account_id = :account_id
ORDER BY place.joined_at, place.id;

-- name: of_host
SELECT client.first_name || ' ' || client.last_name AS client_name, service.name AS service_name, clinic.name AS clinic_name,
       place.weekdays, place.starts_minute::int, place.ends_minute::int, place.time_zone, place.joined_at
FROM waitlist_place AS place
JOIN client ON client.id = place.client_id
JOIN service ON service.id = place.service_id
JOIN clinic ON clinic.id = service.clinic_id
WHERE place.host_id = :account_id AND place.state = 'waiting' AND is_cleared(client.account_id, place.host_id)
ORDER BY place.joined_at, place.id
LIMIT 200;
