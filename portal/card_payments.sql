-- name: open^
SELECT id, public_id, amount, state::text, intent, failure FROM payment
WHERE invoice_id = :invoice_id AND state IN ('pending', 'processing');

-- name: begin^
INSERT INTO payment (organization_id, invoice_id, method, amount, made_by)
VALUES (tenant(), :invoice_id, 'card', :amount, :made_by)
RETURNING id, public_id, amount, state::text, intent, failure;

-- name: adopt$
-- Of two windows that asked Stripe at once the first to write wins; the other shows that one's.
UPDATE payment SET intent = coalesce(intent, :intent) WHERE id = :id AND state IN ('pending', 'processing') RETURNING intent;

-- name: hold_invoice$
-- Its invoice's row is locked first, whoever changes a payment.
SELECT invoice.id FROM payment JOIN invoice ON invoice.id = payment.invoice_id
WHERE payment.id = :id FOR NO KEY UPDATE OF invoice;

-- name: find^
SELECT payment.id, payment.public_id, payment.organization_id, payment.invoice_id, payment.amount, payment.state::text, payment.intent,
       payment.made_by, invoice.currency, invoice.public_id AS invoice, invoice.state::text AS invoice_state, organization.public_id AS organization
FROM payment JOIN invoice ON invoice.id = payment.invoice_id JOIN organization ON organization.id = payment.organization_id
WHERE payment.id = :id;

-- name: by_stripe$
-- The payment that Stripe speaks of: by its intent, or before we know that by the name that we gave it.
SELECT id FROM payment
WHERE method = 'card' AND (intent = :intent OR intent IS NULL AND public_id = :public_id);

-- name: move$
-- Succeeded is for ever; only then comes called off, then under way: whatever order the news come in, the end is one.
UPDATE payment SET state = :state::text::payment_state, intent = coalesce(intent, :intent), failure = '',
       settled_at = CASE WHEN :state::text = 'succeeded' THEN clock_now() END
WHERE id = :id AND CASE :state::text WHEN 'succeeded' THEN state <> 'succeeded'
                                     WHEN 'cancelled' THEN state IN ('pending', 'processing')
                                     WHEN 'processing' THEN state = 'pending' END
RETURNING id;

-- name: fail$
UPDATE payment SET failure = :failure, state = 'pending'
WHERE id = :id AND state IN ('pending', 'processing') AND (failure <> :failure OR state <> 'pending') RETURNING id;

-- name: given_back^
SELECT coalesce(sum(amount) FILTER (WHERE state = 'succeeded'), 0) AS done,
       coalesce(sum(amount) FILTER (WHERE state = 'pending'), 0) AS pending
FROM refund WHERE payment_id = :id;

-- name: confirm_refunds!
UPDATE refund SET state = 'succeeded' WHERE payment_id = :id AND state = 'pending';

-- name: add_refund$
INSERT INTO refund (organization_id, payment_id, amount, owed_again, state)
SELECT tenant(), payment.id, :amount, invoice.state = 'issued', 'succeeded'
FROM payment JOIN invoice ON invoice.id = payment.invoice_id WHERE payment.id = :id
RETURNING id;

-- name: organization_of_refund$
-- Whose it is, before there is a tenant (system role).
SELECT organization_id FROM refund WHERE id = :id;

-- name: refund^
SELECT refund.id, refund.public_id, refund.amount, refund.state::text, refund.payment_id, payment.intent, invoice.currency
FROM refund JOIN payment ON payment.id = refund.payment_id JOIN invoice ON invoice.id = payment.invoice_id
WHERE refund.id = :id;

-- name: settle_refund$
UPDATE refund SET state = :state::text::refund_state WHERE id = :id AND state = 'pending' RETURNING id;
