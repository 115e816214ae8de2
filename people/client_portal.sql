-- name: find^
SELECT slug, name, registration::text FROM organization WHERE id = tenant();

-- name: set_registration$
UPDATE organization SET registration = :mode::registration_mode
WHERE id = tenant() AND registration <> :mode::registration_mode RETURNING id;
