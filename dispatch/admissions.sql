-- name: knock^
-- Inserts the first knock, or knocks afresh after the right has ended; touches no row that waits or is admitted.
INSERT INTO admission (organization_id, session_id, account_id, name, state, admitted_by, admitted_at)
SELECT organization_id, id, :account_id, :name, :state::admission_state, :admitted_by::bigint,
       CASE WHEN :admitted_by::bigint IS NOT NULL THEN clock_now() END
FROM session WHERE id = :session_id
ON CONFLICT (session_id, account_id) DO UPDATE
SET state = excluded.state, name = excluded.name, epoch = admission.epoch + 1, knocked_at = clock_now(),
    admitted_by = excluded.admitted_by, admitted_at = excluded.admitted_at, changed_at = clock_now()
WHERE admission.state IN ('left', 'denied', 'removed')
RETURNING id;

-- name: hold_session$
SELECT state IN ('scheduled', 'in_progress') FROM session WHERE id = :session_id FOR NO KEY UPDATE;

-- name: admit^
-- Only while the host is in: nobody is let into an empty room.
UPDATE admission SET state = 'admitted', admitted_by = :admitted_by, admitted_at = clock_now(), changed_at = clock_now()
WHERE session_id = :session_id AND public_id = :public_id AND state = 'waiting'
  AND EXISTS (SELECT FROM admission AS host
              WHERE host.session_id = :session_id AND host.account_id = :admitted_by AND host.state = 'admitted')
RETURNING id, public_id, name, state::text, epoch;

-- name: start_session!
UPDATE session SET state = 'in_progress' WHERE id = :session_id AND state = 'scheduled';

-- name: leave$
UPDATE admission SET state = 'left', epoch = epoch + 1, changed_at = clock_now()
WHERE session_id = :session_id AND account_id = :account_id AND state IN ('waiting', 'admitted')
RETURNING id;

-- name: end_session$
UPDATE session SET state = 'ended' WHERE id = :session_id AND state IN ('scheduled', 'in_progress') RETURNING id;

-- name: put_out!
UPDATE admission SET state = 'left', epoch = epoch + 1, changed_at = clock_now()
WHERE session_id = :session_id AND account_id = coalesce(:account_id::bigint, account_id) AND state IN ('waiting', 'admitted');

-- name: find^
SELECT id, public_id, name, state::text, epoch FROM admission
WHERE session_id = :session_id AND public_id = :public_id;

-- name: of_account^
SELECT id, public_id, name, state::text, epoch,
       extract(epoch FROM clock_now() - knocked_at)::float8 AS waited_seconds,
       extract(epoch FROM clock_now() - admitted_at)::float8 AS admitted_seconds
FROM admission
WHERE session_id = :session_id AND account_id = :account_id;

-- name: by_id^
SELECT admission.id, admission.public_id, admission.account_id, admission.name, admission.state::text, admission.epoch,
       admission.session_id, session.public_id AS session_public_id,
       extract(epoch FROM clock_now() - knocked_at)::float8 AS waited_seconds,
       extract(epoch FROM clock_now() - admitted_at)::float8 AS admitted_seconds
FROM admission JOIN session ON session.id = admission.session_id
WHERE admission.id = :id;

-- name: waiting
SELECT public_id, name, extract(epoch FROM clock_now() - knocked_at)::float8 AS waited_seconds
FROM admission WHERE session_id = :session_id AND state = 'waiting'
ORDER BY knocked_at, id;
