-- name: organization^
SELECT name, time_zone, billing_text FROM organization WHERE id = tenant();
