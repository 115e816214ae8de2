-- name: organization_of$
-- Whose payment it is, before there is a tenant (system role).
SELECT organization_id FROM payment WHERE intent = :intent OR intent IS NULL AND public_id = :public_id;

-- name: now$
SELECT floor(extract(epoch FROM clock_now()))::bigint;

-- name: claim$
-- Each event once: a twin that runs at the same moment waits here, and then finds it taken.
INSERT INTO payment_event (id, organization_id, payment_id, kind, verdict) VALUES (:id, tenant(), :payment_id, :kind, 'unchanged')
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: judge!
UPDATE payment_event SET verdict = :verdict WHERE id = :id;
