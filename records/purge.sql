-- name: take_turn$
-- One process at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('anteroom.purge'));

-- name: sign_ins$
WITH gone AS (
    DELETE FROM sign_in WHERE ctid IN (
        SELECT ctid FROM sign_in WHERE expires_at < clock_now() LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: answers$
-- A browser repeats a post within seconds; a program may within days.
WITH gone AS (
    DELETE FROM answered WHERE (account_id, key) IN (
        SELECT account_id, key FROM answered WHERE answered_at < clock_now() - interval '7 days' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: password_resets$
-- A day after their end: until then they may still count against whoever asks too often.
WITH gone AS (
    DELETE FROM password_reset WHERE ctid IN (
        SELECT ctid FROM password_reset WHERE expires_at < clock_now() - interval '1 day' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: email_changes$
WITH gone AS (
    DELETE FROM email_change WHERE ctid IN (
        SELECT ctid FROM email_change WHERE expires_at < clock_now() - interval '1 day' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: passkey_challenges$
WITH gone AS (
    DELETE FROM passkey_challenge WHERE ctid IN (
        SELECT ctid FROM passkey_challenge WHERE created_at < clock_now() - interval '1 hour' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: email_codes$
WITH gone AS (
    DELETE FROM email_code WHERE ctid IN (
        SELECT ctid FROM email_code WHERE expires_at < clock_now() - interval '1 day' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: setup_links$
WITH gone AS (
    DELETE FROM setup_link WHERE ctid IN (
        SELECT ctid FROM setup_link WHERE expires_at < clock_now() - interval '1 day' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: registrations$
-- Those that nobody confirmed (R-021).
WITH gone AS (
    DELETE FROM registration WHERE ctid IN (
        SELECT ctid FROM registration WHERE account_id IS NULL AND sent_at < clock_now() - interval '7 days' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;

-- name: job_log$
WITH gone AS (
    DELETE FROM pgqueuer_log WHERE ctid IN (
        SELECT ctid FROM pgqueuer_log WHERE created < clock_now() - interval '30 days' LIMIT :limit)
    RETURNING 1)
SELECT count(*) FROM gone;
