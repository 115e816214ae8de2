-- name: find^
SELECT name, time_zone FROM organization WHERE id = tenant();

-- name: knows_zone$
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone);

-- name: change$
UPDATE organization SET name = :name, time_zone = :time_zone
WHERE id = tenant() AND (name, time_zone) IS DISTINCT FROM (:name, :time_zone) RETURNING id;
