-- name: account_by_login^
SELECT account.id, account.password_hash, account.state
FROM account JOIN organization ON organization.id = account.organization_id
WHERE organization.slug = :slug AND (account.username = :login OR account.email = :login)
ORDER BY account.username = :login DESC
LIMIT 1;

-- name: unconfirmed^
-- The newest registration of this address or user name that nobody has confirmed yet.
SELECT registration.public_id, registration.password_hash
FROM registration JOIN organization ON organization.id = registration.organization_id
WHERE organization.slug = :slug AND account_id IS NULL AND (registration.email = :login OR registration.username = :login)
ORDER BY sent_at DESC
LIMIT 1;

-- name: hold$
SELECT id FROM account WHERE id = :id AND password_hash = :password_hash FOR SHARE;

-- name: account_by_id^
SELECT id, organization_id, public_id, username, email, name, state::text, password_hash,
       has_password, totp_secret IS NOT NULL AS has_second_factor
FROM account WHERE id = :id;

-- name: add_sign_in!
INSERT INTO sign_in (token_hash, organization_id, account_id, expires_at, browser)
SELECT :token_hash, organization_id, id, clock_now() + :absolute_limit::interval, left(:browser, 60)
FROM account WHERE id = :account_id;

-- name: sign_ins
SELECT public_id, browser, created_at, seen_at, session_id IS NOT NULL AS by_link, token_hash = :token_hash AS current
FROM sign_in
WHERE account_id = :account_id AND expires_at > clock_now() AND seen_at > clock_now() - :idle_limit::interval
ORDER BY token_hash = :token_hash DESC, seen_at DESC
LIMIT 50;

-- name: end_others!
DELETE FROM sign_in WHERE account_id = :account_id AND token_hash <> :token_hash;

-- name: end_one$
DELETE FROM sign_in WHERE account_id = :account_id AND public_id = :public_id RETURNING account_id;

-- name: bind^
-- The first browser that comes by a link binds it. No row: the link was revoked meanwhile.
UPDATE direct_link SET device_hash = coalesce(device_hash, :device_hash), opened_at = coalesce(opened_at, clock_now()),
       other_at = CASE WHEN device_hash <> :device_hash THEN clock_now() ELSE other_at END
WHERE token_hash = :link_hash AND revoked_at IS NULL
RETURNING device_hash <> :device_hash AS other_device;

-- name: add_visit!
INSERT INTO sign_in (token_hash, organization_id, account_id, session_id, link_hash, device_hash, other_device, expires_at)
SELECT :token_hash, organization_id, account_id, session_id, token_hash, :device_hash, :other_device, :until
FROM direct_link WHERE token_hash = :link_hash;

-- name: remove_sign_in!
DELETE FROM sign_in WHERE token_hash = :token_hash;

-- name: actor_by_token^
-- Touches seen_at at most once a minute, so that reading a page is not a write.
WITH known AS (
    SELECT token_hash, account_id, seen_at, session_id, device_hash, other_device FROM sign_in
    WHERE token_hash = :token_hash AND expires_at > clock_now() AND seen_at > clock_now() - :idle_limit::interval
      AND (link_hash IS NULL OR link_stands(link_hash, session_id, account_id, device_hash))
), touched AS (
    UPDATE sign_in SET seen_at = clock_now() FROM known
    WHERE sign_in.token_hash = known.token_hash AND known.seen_at < clock_now() - interval '1 minute'
)
SELECT account.id, account.organization_id, account.public_id, account.name, account.state::text, account.time_zone,
       known.session_id, known.device_hash, known.other_device,
       organization.portal_forms, organization.portal_payments, organization.portal_messages, organization.portal_scheduling,
       coalesce(portal_seat.subscribed, false) AS subscribed, coalesce(portal_seat.may_invite, false) AS may_invite,
       array(SELECT role::text FROM account_role WHERE account_role.account_id = account.id) AS roles,
       (SELECT coalesce(json_agg(json_build_array(role, department_id)), '[]') FROM account_role
        WHERE account_role.account_id = account.id AND department_id IS NOT NULL) AS department_roles
FROM known JOIN account ON account.id = known.account_id
JOIN organization ON organization.id = account.organization_id
LEFT JOIN portal_seat ON portal_seat.account_id = account.id
WHERE account.state IN ('pending', 'active');

-- name: is_visit$
-- Whether a token was a sign-in by direct link, whatever became of it.
SELECT EXISTS (SELECT FROM sign_in WHERE token_hash = :token_hash AND session_id IS NOT NULL);

-- name: standing
WITH known AS (
    SELECT sign_in.token_hash, seen_at FROM sign_in JOIN account ON account.id = sign_in.account_id
    WHERE token_hash = ANY (:token_hashes::bytea[]) AND expires_at > clock_now()
      AND seen_at > clock_now() - :idle_limit::interval AND account.state IN ('pending', 'active')
      AND (link_hash IS NULL OR link_stands(link_hash, session_id, account_id, device_hash))
), touched AS (
    UPDATE sign_in SET seen_at = clock_now() FROM known
    WHERE sign_in.token_hash = known.token_hash AND known.seen_at < clock_now() - interval '1 minute'
)
SELECT token_hash FROM known;

-- name: organization_by_slug^
SELECT id, public_id, slug, name, time_zone, registration::text FROM organization WHERE slug = :slug;

-- name: organization_by_id^
SELECT id, public_id, slug, name, time_zone FROM organization WHERE id = :id;

-- name: organizations
SELECT id, public_id, slug, name, time_zone FROM organization ORDER BY name, id;
