-- name: pending^
SELECT organization_id, expires_at <= clock_now() AS due FROM request WHERE id = :id AND state = 'pending';

-- name: due
SELECT id, organization_id FROM request WHERE state = 'pending' AND expires_at <= clock_now() ORDER BY expires_at, id;
