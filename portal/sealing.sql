-- name: key^
SELECT certificate, private_key FROM sealing_key;

-- name: organization_name$
SELECT name FROM organization;

-- name: add_key!
INSERT INTO sealing_key (organization_id, certificate, private_key) VALUES (:organization_id, :certificate, :private_key)
ON CONFLICT DO NOTHING;
