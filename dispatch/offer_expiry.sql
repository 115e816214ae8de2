-- name: open^
SELECT organization_id, expires_at <= clock_now() AS due FROM waitlist_offer WHERE id = :id AND state = 'open';

-- name: due
SELECT id, organization_id FROM waitlist_offer WHERE state = 'open' AND expires_at <= clock_now() ORDER BY expires_at, id;
