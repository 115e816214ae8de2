-- name: number_to_come$
SELECT count(*) FROM session WHERE client_id = :client_id AND host_id = :host_id AND state = 'scheduled'
    AND ends_at > clock_now();
