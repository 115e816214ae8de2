-- name: of_invoice
-- Oldest first, with what went back of each.
SELECT payment.id, payment.public_id, payment.method::text, payment.amount, payment.state::text, payment.failure, payment.note,
       payment.made_at, payment.settled_at, payment.intent, maker.name AS made_by,
       coalesce((SELECT sum(amount) FROM refund WHERE refund.payment_id = payment.id AND refund.state <> 'failed'), 0) AS refunded
FROM payment JOIN account AS maker ON maker.id = payment.made_by
WHERE payment.invoice_id = :id ORDER BY payment.id;

-- name: refunds_of
SELECT refund.amount, refund.state::text, refund.owed_again, refund.reason, refund.made_at, maker.name AS made_by
FROM refund JOIN payment ON payment.id = refund.payment_id LEFT JOIN account AS maker ON maker.id = refund.made_by
WHERE payment.invoice_id = :id ORDER BY refund.id;

-- name: history
-- A client's payments and what went back, newest first (R-120).
SELECT told.at, told.kind, told.amount, told.method, told.state, invoice.public_id AS invoice, invoice.number, invoice.currency
FROM invoices_of(:account_id) AS invoice
CROSS JOIN LATERAL (
    SELECT settled_at AS at, 'payment' AS kind, amount, method::text, state::text
    FROM payment WHERE payment.invoice_id = invoice.id AND state = 'succeeded'
    UNION ALL
    SELECT refund.made_at, 'refund', refund.amount, payment.method::text, refund.state::text
    FROM payment JOIN refund ON refund.payment_id = payment.id
    WHERE payment.invoice_id = invoice.id AND refund.state <> 'failed') AS told
ORDER BY told.at DESC LIMIT 200;

-- name: record^
INSERT INTO payment (organization_id, invoice_id, method, amount, state, note, made_by, settled_at)
VALUES (tenant(), :invoice_id, :method::text::payment_method, :amount, 'succeeded', :note, :made_by, clock_now())
RETURNING id, public_id;

-- name: invoice_of$
SELECT invoice.public_id FROM payment JOIN invoice ON invoice.id = payment.invoice_id WHERE payment.public_id = :public_id;

-- name: find^
SELECT payment.id, payment.public_id, payment.method::text, payment.amount, payment.state::text, payment.intent,
       coalesce((SELECT sum(amount) FROM refund WHERE refund.payment_id = payment.id AND refund.state <> 'failed'), 0) AS refunded
FROM payment WHERE payment.public_id = :public_id;

-- name: give_back^
INSERT INTO refund (organization_id, payment_id, amount, owed_again, state, reason, made_by)
VALUES (tenant(), :payment_id, :amount, :owed_again, :state::text::refund_state, :reason, :made_by)
RETURNING id, public_id, (SELECT payment.method::text FROM payment WHERE payment.id = refund.payment_id) AS method;
