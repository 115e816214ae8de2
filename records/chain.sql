-- name: take_turn$
-- One process at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('anteroom.audit'));

-- name: behind
SELECT DISTINCT organization_id FROM audit_line WHERE seal IS NULL;

-- name: head^
SELECT number, seal FROM audit_head WHERE organization_id = :organization_id;

-- name: unsealed
SELECT organization_id, id, (extract(epoch FROM at) * 1000000)::int8 AS at_microseconds, account_id, verb, noun, noun_id,
       details::text AS details
FROM audit_line WHERE organization_id = :organization_id AND seal IS NULL ORDER BY id LIMIT :limit;

-- name: put_seals!
UPDATE audit_line SET number = :first::bigint + given.place - 1, seal = given.seal
FROM unnest(:ids::bigint[], :seals::bytea[]) WITH ORDINALITY AS given (id, seal, place)
WHERE audit_line.id = given.id AND audit_line.seal IS NULL;

-- name: put_head!
INSERT INTO audit_head (organization_id, number, seal) VALUES (:organization_id, :number, :seal)
ON CONFLICT (organization_id) DO UPDATE SET number = excluded.number, seal = excluded.seal;

-- name: heads
SELECT organization.public_id AS organization, number, encode(seal, 'hex') AS seal
FROM audit_head JOIN organization ON organization.id = organization_id ORDER BY organization.id;

-- name: organizations
SELECT id, public_id, name,
       (SELECT count(*) FROM audit_line WHERE organization_id = organization.id AND seal IS NULL) AS unsealed
FROM organization ORDER BY id;

-- name: sealed
SELECT organization_id, id, (extract(epoch FROM at) * 1000000)::int8 AS at_microseconds, account_id, verb, noun, noun_id,
       details::text AS details, number, seal
FROM audit_line
WHERE organization_id = :organization_id AND seal IS NOT NULL AND (number > :after::bigint OR :after IS NULL)
ORDER BY number LIMIT :limit;
