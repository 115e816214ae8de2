-- name: features^
SELECT portal_forms, portal_payments, portal_messages, portal_scheduling FROM organization WHERE id = tenant();

-- name: seat^
SELECT has_seat(account_id) AS subscribed, may_invite FROM portal_seat WHERE account_id = :account_id;
