-- name: today
-- Today on the wall clock of the organization. Time to decision counts what people decided; what expired was late, too. What
-- clients booked at once was nobody's to decide.
WITH day AS (
    SELECT date_trunc('day', clock_now() AT TIME ZONE time_zone) AT TIME ZONE time_zone AS began FROM organization
    WHERE id = :organization_id
), known AS (
    SELECT request.state, request.submitted_at, request.decided_at, request.decided_at - request.submitted_at AS waited,
           clinic.red_after, clock_now() - request.submitted_at >= clinic.red_after AS red
    FROM request JOIN clinic ON clinic.id = request.clinic_id, day
    WHERE request.clinic_id = ANY (:clinic_ids::bigint[])
      AND (request.state = 'pending' OR request.state <> 'pending' AND request.decided_at >= day.began)
      AND (request.state <> 'accepted' OR request.decided_by IS NOT NULL)
)
SELECT count(*) FILTER (WHERE state IN ('accepted', 'declined')) AS decided,
       extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)
               FILTER (WHERE state IN ('accepted', 'declined')))::float8 AS median_s,
       extract(epoch FROM percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
               FILTER (WHERE state IN ('accepted', 'declined')))::float8 AS p90_s,
       (avg((state <> 'expired' AND waited < red_after)::int)
               FILTER (WHERE state IN ('accepted', 'declined', 'expired')))::float8 AS share_in_time,
       count(*) FILTER (WHERE state = 'pending') AS pending,
       count(*) FILTER (WHERE state = 'pending' AND red) AS red,
       extract(epoch FROM (SELECT began FROM day))::int8 AS began_s,
       extract(epoch FROM clock_now())::int8 AS now_s
FROM known;

-- name: queue
-- How many were pending at the end of each minute of today in which that changed; the first is midnight.
WITH day AS (
    SELECT date_trunc('day', clock_now() AT TIME ZONE time_zone) AT TIME ZONE time_zone AS began FROM organization
    WHERE id = :organization_id
), known AS (
    SELECT request.submitted_at, request.decided_at FROM request, day
    WHERE request.clinic_id = ANY (:clinic_ids::bigint[])
      AND (request.state = 'pending' OR request.state <> 'pending' AND request.decided_at >= day.began)
), step AS (
    SELECT greatest(submitted_at, day.began) AS at, 1 AS change FROM known, day
    UNION ALL SELECT decided_at, -1 FROM known WHERE decided_at IS NOT NULL
    UNION ALL SELECT day.began, 0 FROM day
), minute AS (
    SELECT CASE WHEN step.at <= day.began THEN day.began
                ELSE date_trunc('minute', step.at) + interval '1 minute' END AS at,
           sum(change) AS change
    FROM step, day GROUP BY 1
)
SELECT extract(epoch FROM least(at, clock_now()))::int8 AS at_s, (sum(change) OVER (ORDER BY at))::int AS pending
FROM minute ORDER BY at;
