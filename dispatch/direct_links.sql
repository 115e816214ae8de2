-- name: add!
INSERT INTO direct_link (token_hash, organization_id, session_id, account_id)
SELECT :token_hash, organization_id, id, :account_id FROM session WHERE id = :session_id;

-- name: replace!
UPDATE direct_link SET revoked_at = clock_now(), replaced = true
WHERE session_id = :session_id AND revoked_at IS NULL AND account_id = :account_id;

-- name: revoke!
-- With the newest the ones that it replaced: nobody stays by them.
UPDATE direct_link SET revoked_at = coalesce(revoked_at, clock_now()), replaced = false
WHERE session_id = :session_id AND (revoked_at IS NULL OR replaced) AND account_id = coalesce(:account_id::bigint, account_id);

-- name: organization_of$
-- Which organization a link belongs to, before there is a tenant (system role).
SELECT organization_id FROM direct_link WHERE token_hash = :token_hash;

-- name: find^
SELECT session.id AS session_id, session.public_id AS session_public_id, direct_link.account_id,
       session.starts_at - clinic.join_before AS opens_at, session.ends_at + clinic.join_after AS closes_at,
       clock_now() >= session.starts_at - clinic.join_before AS open, session.starts_at, clinic.name AS clinic_name,
       greatest(0, extract(epoch FROM session.starts_at - clinic.join_before - clock_now()))::float8 AS opens_in_seconds,
       is_cleared(direct_link.account_id, session.host_id)
           AND coalesce(session.visitor_id, client.account_id) = direct_link.account_id AS cleared
FROM direct_link
JOIN session ON session.id = direct_link.session_id
JOIN clinic ON clinic.id = session.clinic_id
JOIN account ON account.id = direct_link.account_id
LEFT JOIN client ON client.id = session.client_id
WHERE direct_link.token_hash = :token_hash AND direct_link.revoked_at IS NULL
  AND session.state IN ('scheduled', 'in_progress') AND clock_now() <= session.ends_at + clinic.join_after
  AND account.state IN ('pending', 'active');
