-- name: of_clinic
SELECT id, public_id, name, description, extract(epoch FROM duration)::int / 60 AS minutes, price, offered,
       booking::text AS booking
FROM service WHERE clinic_id = :clinic_id ORDER BY NOT offered, id;

-- name: find^
SELECT id, public_id, name, description, extract(epoch FROM duration)::int / 60 AS minutes, price, offered,
       booking::text AS booking,
       md5(service::text) AS version
FROM service WHERE clinic_id = :clinic_id AND public_id = :public_id;

-- name: insert^
INSERT INTO service (organization_id, clinic_id, name, description, duration, price, booking)
VALUES (tenant(), :clinic_id, :name, :description, :duration, :price, :booking::booking_mode) RETURNING id, public_id;

-- name: update!
UPDATE service SET name = :name, description = :description, duration = :duration, price = :price,
       booking = :booking::booking_mode
WHERE id = :id;

-- name: offer!
UPDATE service SET offered = :offered WHERE id = :id;
