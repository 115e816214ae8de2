-- name: practitioners
-- R-161: the host of the session that was paid for; of other invoices, the client's practitioners.
SELECT account.email
FROM invoice JOIN account ON account.state = 'active' AND account.id IN (
    SELECT session.host_id FROM session WHERE session.id = invoice.session_id
    UNION
    SELECT association.practitioner_id FROM association
    WHERE invoice.session_id IS NULL AND association.client_id = invoice.client_id)
WHERE invoice.id = :id ORDER BY account.id;

-- name: administrators
SELECT account.email, 'payment' = ANY (account.unwanted_mail) AS unwanted
FROM account
WHERE account.state = 'active' AND EXISTS (
    SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'organization_administrator')
ORDER BY account.id;

-- name: payer$
SELECT email FROM account WHERE id = :id AND state IN ('pending', 'active');

-- name: told^
SELECT payment.public_id, payment.amount, invoice.currency, invoice.public_id AS invoice, invoice.number
FROM payment JOIN invoice ON invoice.id = payment.invoice_id WHERE payment.id = :id;
