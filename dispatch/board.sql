-- name: read_at$
SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::int8;

-- name: pending_rows
SELECT * FROM board_row
WHERE state = 'pending' AND clinic_id IN (SELECT clinic_id FROM clinic_scheduler WHERE account_id = :account_id)
ORDER BY submitted_at, id;

-- name: rows_by_id
SELECT * FROM board_row WHERE id = ANY (:ids::bigint[]) ORDER BY submitted_at, id;
