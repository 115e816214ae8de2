-- name: number$
SELECT count(*) FROM api_token WHERE account_id = :account_id AND revoked_at IS NULL AND expires_at > clock_now();

-- name: add^
INSERT INTO api_token (organization_id, account_id, name, token_hash, scopes, expires_at)
VALUES (:organization_id, :account_id, :name, :token_hash, :scopes, clock_now() + :life::interval)
RETURNING id, public_id;

-- name: of_account
SELECT public_id, name, scopes, created_at, expires_at, used_at, expires_at > clock_now() AS alive
FROM api_token WHERE account_id = :account_id AND revoked_at IS NULL
ORDER BY created_at DESC, id DESC;

-- name: revoke$
UPDATE api_token SET revoked_at = clock_now()
WHERE account_id = :account_id AND public_id = :public_id AND revoked_at IS NULL
RETURNING id;

-- name: actor^
-- Notes its use at most once a minute, so that reading is not a write.
WITH known AS (
    SELECT id, account_id, scopes, used_at FROM api_token
    WHERE token_hash = :token_hash AND revoked_at IS NULL AND expires_at > clock_now()
), used AS (
    UPDATE api_token SET used_at = clock_now() FROM known
    WHERE api_token.id = known.id AND (known.used_at IS NULL OR known.used_at < clock_now() - interval '1 minute')
)
SELECT account.id, account.organization_id, account.public_id, account.name, account.state::text, account.time_zone,
       NULL::bigint AS session_id, NULL::bytea AS device_hash, false AS other_device, known.scopes,
       organization.portal_forms, organization.portal_payments, organization.portal_messages, organization.portal_scheduling,
       coalesce(portal_seat.subscribed, false) AS subscribed, coalesce(portal_seat.may_invite, false) AS may_invite,
       array(SELECT role::text FROM account_role WHERE account_role.account_id = account.id) AS roles,
       (SELECT coalesce(json_agg(json_build_array(role, department_id)), '[]') FROM account_role
        WHERE account_role.account_id = account.id AND department_id IS NOT NULL) AS department_roles
FROM known JOIN account ON account.id = known.account_id
JOIN organization ON organization.id = account.organization_id
LEFT JOIN portal_seat ON portal_seat.account_id = account.id
WHERE account.state IN ('pending', 'active');
