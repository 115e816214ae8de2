-- name: knocks_too_often$
-- For how many seconds somebody who is neither waiting nor in may not knock; NULL: they may.
SELECT ceil(extract(epoch FROM min(knocked_at) + :within::interval - clock_now()))::integer FROM (
    SELECT attendance.knocked_at FROM attendance JOIN admission ON admission.id = attendance.admission_id
    WHERE admission.session_id = :session_id AND admission.account_id = :account_id
      AND admission.state NOT IN ('waiting', 'admitted') AND attendance.knocked_at > clock_now() - :within::interval
    ORDER BY attendance.knocked_at DESC LIMIT :most
) AS late HAVING count(*) = :most;

-- name: knock$
-- Inserts the first knock, or knocks afresh after the right has ended; touches no row that waits or is admitted.
WITH room AS (
    SELECT id, organization_id FROM session
    WHERE id = :session_id AND state IN ('scheduled', 'in_progress')
      AND CASE WHEN :as_host THEN host_id = :account_id ELSE NOT locked END
), knocked AS (
    INSERT INTO admission (organization_id, session_id, account_id, name, state, by_link, device, other_device, admitted_by,
                           admitted_at)
    SELECT organization_id, id, :account_id, :name, CASE WHEN :as_host THEN 'admitted' ELSE 'waiting' END::admission_state,
           :by_link, :device::bytea, :other_device, CASE WHEN :as_host THEN :account_id END,
           CASE WHEN :as_host THEN clock_now() END
    FROM room
    ON CONFLICT (session_id, account_id) DO UPDATE
    SET state = excluded.state, name = excluded.name, epoch = admission.epoch + 1, knocked_at = clock_now(),
        by_link = excluded.by_link, device = excluded.device, other_device = excluded.other_device, sentence = '', message = '',
        admitted_by = excluded.admitted_by, admitted_at = excluded.admitted_at, here_until = excluded.here_until,
        changed_at = clock_now()
    WHERE admission.state IN ('left', 'denied', 'removed')
    RETURNING *
)
INSERT INTO attendance (organization_id, session_id, admission_id, name, knocked_at, admitted_at, admitted_by)
SELECT organization_id, session_id, id, name, knocked_at, admitted_at, admitted_by FROM knocked
RETURNING admission_id;

-- name: share_session$
-- Whether it is locked; NULL: there is no visit any more. The row is shared until the end, so whoever cancels, ends or locks
-- it comes before this knock, or puts it out.
SELECT locked FROM session WHERE id = :session_id AND state IN ('scheduled', 'in_progress') FOR SHARE;

-- name: hold_session$
SELECT state IN ('scheduled', 'in_progress') FROM session WHERE id = :session_id FOR NO KEY UPDATE;

-- name: is_here$
SELECT EXISTS (SELECT FROM admission WHERE session_id = :session_id AND account_id = :account_id AND state = 'admitted'
               AND here_until > clock_now());

-- name: admit
-- The one who is named, or everybody whose page is open. Only while the host is in: nobody is let into an empty room. The
-- first admission begins the session. `node` and `term` say who serves the room.
WITH admitted AS (
    UPDATE admission SET state = 'admitted', admitted_by = :admitted_by, admitted_at = clock_now(), message = '',
                         changed_at = clock_now()
    WHERE session_id = :session_id AND state = 'waiting'
      AND CASE WHEN :public_id::text IS NULL THEN here_until > clock_now() ELSE public_id = :public_id AND epoch = coalesce(:epoch::integer, epoch) END
      AND EXISTS (SELECT FROM admission AS host WHERE host.session_id = :session_id AND host.account_id = :admitted_by
                  AND host.state = 'admitted' AND host.here_until > clock_now())
    RETURNING id, public_id, name, state::text, epoch, admitted_at
), stay AS (
    UPDATE attendance SET admitted_at = admitted.admitted_at, admitted_by = :admitted_by
    FROM admitted WHERE attendance.admission_id = admitted.id AND attendance.ended_at IS NULL
), begun AS (
    UPDATE session SET state = 'in_progress'
    WHERE id = :session_id AND state = 'scheduled' AND EXISTS (SELECT FROM admitted)
)
SELECT id, public_id, name, state, epoch, node, term
FROM admitted LEFT JOIN visit_room ON visit_room.session_id = :session_id ORDER BY id;

-- name: end_right
-- What somebody was allowed ends, and with it their stay: under the next epoch they wait again, or are out.
WITH ended AS (
    UPDATE admission SET state = :state::admission_state, epoch = epoch + 1, sentence = :sentence, message = '',
                         knocked_at = CASE :state::text WHEN 'waiting' THEN clock_now() ELSE knocked_at END,
                         admitted_by = NULL, admitted_at = NULL, changed_at = clock_now()
    WHERE session_id = :session_id AND state = ANY (:was::text[]::admission_state[])
      AND public_id = coalesce(:public_id::text, public_id) AND epoch = coalesce(:epoch::integer, epoch) AND account_id = coalesce(:account_id::bigint, account_id)
      AND account_id IS DISTINCT FROM :but::bigint
    RETURNING id, public_id, name, state::text, epoch
), stay AS (
    UPDATE attendance SET ended_at = clock_now(), ended_by = :ended_by, ending = :ending::stay_ending
    FROM ended WHERE attendance.admission_id = ended.id AND attendance.ended_at IS NULL
)
SELECT id, public_id, name, state, epoch FROM ended ORDER BY id;

-- name: wait_again!
-- Who is sent back begins another stay, with a wait of its own.
INSERT INTO attendance (organization_id, session_id, admission_id, name, knocked_at)
SELECT organization_id, session_id, id, name, knocked_at FROM admission WHERE id = :id;

-- name: message^
UPDATE admission SET message = :message, changed_at = clock_now()
WHERE session_id = :session_id AND public_id = :public_id AND state = 'waiting' AND epoch = coalesce(:epoch::integer, epoch)
RETURNING id, public_id, name, state::text, epoch;

-- name: lock$
UPDATE session SET locked = :locked WHERE id = :session_id AND locked <> :locked RETURNING id;

-- name: end_session$
UPDATE session SET state = 'ended' WHERE id = :session_id AND state IN ('scheduled', 'in_progress') RETURNING id;

-- name: miss^
-- Nobody was ever admitted to a session that is still `scheduled`: an admission starts it.
SELECT state = 'scheduled' AS unmet, starts_at <= clock_now() AS begun,
       EXISTS (SELECT FROM admission WHERE admission.session_id = session.id AND admission.state = 'waiting') AS awaited
FROM session WHERE id = :session_id;

-- name: mark_missed!
UPDATE session SET state = 'no_show' WHERE id = :session_id AND state = 'scheduled';

-- name: find^
SELECT id, public_id, account_id, name, state::text, epoch FROM admission
WHERE session_id = :session_id AND public_id = :public_id;

-- name: of_account^
SELECT id, public_id, account_id, name, state::text, epoch, sentence, message, device,
       coalesce((SELECT guest.relation FROM guest WHERE guest.session_id = admission.session_id
                 AND guest.account_id = admission.account_id ORDER BY guest.id DESC LIMIT 1), '') AS relation,
       extract(epoch FROM clock_now() - knocked_at)::float8 AS waited_seconds,
       extract(epoch FROM clock_now() - admitted_at)::float8 AS admitted_seconds
FROM admission
WHERE session_id = :session_id AND account_id = :account_id;

-- name: by_id^
SELECT admission.id, admission.public_id, admission.account_id, admission.name, admission.state::text, admission.epoch,
       admission.session_id, session.public_id AS session_public_id
FROM admission JOIN session ON session.id = admission.session_id
WHERE admission.id = :id;

-- name: waiting
SELECT public_id, epoch, name, by_link, other_device, message,
       extract(epoch FROM clock_now() - knocked_at)::float8 AS waited_seconds,
       coalesce((SELECT guest.relation FROM guest WHERE guest.session_id = admission.session_id
                 AND guest.account_id = admission.account_id ORDER BY guest.id DESC LIMIT 1), '') AS relation
FROM admission WHERE session_id = :session_id AND state = 'waiting'
ORDER BY knocked_at, id;

-- name: let_in
SELECT admission.public_id, admission.name,
       coalesce((SELECT guest.relation FROM guest WHERE guest.session_id = admission.session_id
                 AND guest.account_id = admission.account_id ORDER BY guest.id DESC LIMIT 1), '') AS relation
FROM admission JOIN session ON session.id = admission.session_id
WHERE admission.session_id = :session_id AND admission.state = 'admitted' AND admission.account_id <> session.host_id
ORDER BY admission.admitted_at, admission.id;
