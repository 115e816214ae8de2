-- name: of_request
-- An assignment of the last thirty days is looked for among sessions that end after it, so that an index finds it.
SELECT account.id, account.public_id, account.name,
       EXISTS (SELECT FROM association JOIN client ON client.id = association.client_id
               WHERE client.account_id = request.requester_id AND association.practitioner_id = account.id) AS associated,
       (SELECT max(session.booked_at) FROM session
        WHERE session.host_id = account.id AND session.ends_at > clock_now() - interval '30 days'
          AND session.booked_at > clock_now() - interval '30 days' AND session.state <> 'cancelled') AS assigned_at
FROM request
JOIN clinic_host ON clinic_host.clinic_id = request.clinic_id
JOIN account ON account.id = clinic_host.account_id
WHERE request.id = :request_id AND account.state = 'active'
ORDER BY account.name, account.id;

-- name: times
SELECT rank, starts_at FROM asked_time WHERE request_id = :request_id;
