-- name: read_at$
SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::int8;

-- name: clinics
-- The clinics that a scheduler serves, and which of them they chose to see; a choice that names none of them means all.
WITH served AS (
    SELECT clinic.id, clinic.public_id, clinic.name, clinic.id = ANY (board_filter.clinic_ids) AS chosen
    FROM clinic_scheduler
    JOIN clinic ON clinic.id = clinic_scheduler.clinic_id
    LEFT JOIN board_filter ON board_filter.account_id = clinic_scheduler.account_id
    WHERE clinic_scheduler.account_id = :account_id
)
SELECT id, public_id, name, coalesce(chosen, false) OR NOT coalesce(bool_or(chosen) OVER (), false) AS shown
FROM served ORDER BY name, id;

-- name: listened
SELECT clinic_id FROM clinic_scheduler
WHERE account_id = :account_id
  AND EXISTS (SELECT FROM account_role WHERE account_role.account_id = :account_id AND role = 'scheduler');

-- name: listeners
SELECT clinic_scheduler.account_id, array_agg(clinic_scheduler.clinic_id) AS clinic_ids FROM clinic_scheduler
WHERE EXISTS (SELECT FROM account_role
              WHERE account_role.account_id = clinic_scheduler.account_id AND role = 'scheduler')
GROUP BY clinic_scheduler.account_id;

-- name: choose!
INSERT INTO board_filter (account_id, organization_id, clinic_ids)
VALUES (:account_id, :organization_id, :clinic_ids::bigint[])
ON CONFLICT (account_id) DO UPDATE SET clinic_ids = excluded.clinic_ids;

-- name: whole
-- What is pending and what was decided of late in one statement, so that no request is in both or in neither.
SELECT * FROM board_row
WHERE id IN (
    SELECT id FROM request WHERE state = 'pending' AND clinic_id = ANY (:clinic_ids::bigint[])
    UNION ALL
    (SELECT id FROM request
     WHERE state <> 'pending' AND clinic_id = ANY (:clinic_ids::bigint[])
       AND decided_at > clock_now() - interval '24 hours'
     ORDER BY decided_at DESC, number DESC LIMIT :most_decided::int)
)
ORDER BY submitted_at, id;

-- name: rows_by_id
SELECT * FROM board_row WHERE id = ANY (:ids::bigint[]) ORDER BY submitted_at, id;
