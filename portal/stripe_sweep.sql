-- name: organizations
-- Where a card payment has waited for a while, before there is a tenant (system role).
SELECT DISTINCT organization_id FROM payment WHERE state IN ('pending', 'processing') AND made_at < clock_now() - :grace::interval;

-- name: waiting
-- `useless`: it is not to be paid any more: nothing is due, or another amount, or nobody came back for a day.
SELECT payment.id, payment.intent,
       payment.state = 'pending' AND (balance.due <> payment.amount OR payment.made_at < clock_now() - interval '24 hours') AS useless
FROM payment JOIN invoice_balance AS balance ON balance.id = payment.invoice_id
WHERE payment.state IN ('pending', 'processing') AND payment.made_at < clock_now() - :grace::interval
ORDER BY payment.id LIMIT 100;
