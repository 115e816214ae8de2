-- name: of_clinic
SELECT id, public_id, name, description, extract(epoch FROM duration)::int / 60 AS minutes, price, offered
FROM service WHERE clinic_id = :clinic_id ORDER BY NOT offered, id;

-- name: find^
SELECT id, public_id, name, description, extract(epoch FROM duration)::int / 60 AS minutes, price, offered,
       md5(service::text) AS version
FROM service WHERE clinic_id = :clinic_id AND public_id = :public_id;

-- name: insert^
INSERT INTO service (organization_id, clinic_id, name, description, duration, price)
VALUES (tenant(), :clinic_id, :name, :description, :duration, :price) RETURNING id, public_id;

-- name: update!
UPDATE service SET name = :name, description = :description, duration = :duration, price = :price WHERE id = :id;

-- name: offer!
UPDATE service SET offered = :offered WHERE id = :id;
