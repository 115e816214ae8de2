-- name: find^
SELECT invoice_row.*, md5(invoice_row.note || array(
           SELECT invoice_line.id FROM invoice_line WHERE invoice_line.invoice_id = invoice_row.id ORDER BY id)::text) AS version,
       EXISTS (SELECT FROM clinic_scheduler WHERE clinic_scheduler.clinic_id = invoice_row.clinic_id
               AND clinic_scheduler.account_id = :actor_id) AS scheduled_by_actor,
       waiver.name AS waived_by, maker.name AS made_by
FROM invoice_row
JOIN invoice ON invoice.id = invoice_row.id
LEFT JOIN account AS waiver ON waiver.id = invoice.waived_by
LEFT JOIN account AS maker ON maker.id = invoice.made_by
WHERE invoice_row.public_id = :public_id;

-- name: hold$
SELECT id FROM invoice WHERE public_id = :public_id FOR NO KEY UPDATE;

-- name: of_session$
SELECT public_id FROM invoice WHERE session_id = :session_id AND state <> 'void';

-- name: lines
SELECT public_id, description, quantity, unit_price, amount FROM invoice_line WHERE invoice_id = :id ORDER BY id;

-- name: listed
-- One page, newest first. `departments` is NULL for whoever sees every invoice; `state` `open` means that something is due.
SELECT invoice_row.*
FROM invoice JOIN invoice_row ON invoice_row.id = invoice.id
WHERE (:departments::bigint[] IS NULL OR invoice_row.department_ids || invoice_row.department_id && :departments)
  AND (:state::text IS NULL OR invoice.state = :state::invoice_state)
  AND (:name::text IS NULL
       OR invoice.client_id IN (SELECT client.id FROM client WHERE client.last_key LIKE folded(:name) OR client.first_key LIKE folded(:name)
                                    OR client.first_key || ' ' || client.last_key LIKE folded(:name))
       OR invoice.client_id IS NULL AND invoice.account_id IN (SELECT account.id FROM account WHERE folded(account.name) LIKE folded(:name)))
  AND (:before::text IS NULL OR invoice.id < (SELECT earlier.id FROM invoice AS earlier WHERE earlier.public_id = :before))
ORDER BY invoice.id DESC LIMIT :most;

-- name: numbered
SELECT shown.*
FROM invoice CROSS JOIN LATERAL (SELECT * FROM invoice_row WHERE invoice_row.id = invoice.id OFFSET 0) AS shown
WHERE invoice.organization_id = tenant() AND invoice.number = :number
  AND (:departments::bigint[] IS NULL OR shown.department_ids || shown.department_id && :departments)
  AND (:state::text IS NULL OR invoice.state = :state::invoice_state);

-- name: sums
-- What is open, in each currency.
SELECT invoice.currency, count(*) AS invoices, sum(balance.due) AS due
FROM invoice JOIN invoice_balance AS balance ON balance.id = invoice.id
WHERE invoice.state = 'issued'
  AND (:departments::bigint[] IS NULL OR EXISTS (
      SELECT FROM invoice_row WHERE invoice_row.id = invoice.id
          AND invoice_row.department_ids || invoice_row.department_id && :departments))
GROUP BY invoice.currency ORDER BY invoice.currency;

-- name: of_client
SELECT invoice_row.* FROM invoice_row WHERE client_id = :client_id ORDER BY id DESC LIMIT 200;

-- name: own
-- A client's own: what is due first, then the newest.
SELECT shown.* FROM invoices_of(:account_id) AS invoice
CROSS JOIN LATERAL (SELECT * FROM invoice_row WHERE invoice_row.id = invoice.id OFFSET 0) AS shown
WHERE invoice.number IS NOT NULL
ORDER BY invoice.state = 'issued' DESC, invoice.number DESC LIMIT 200;

-- name: balance
SELECT invoice.currency, sum(balance.due) AS due
FROM invoices_of(:account_id) AS invoice JOIN invoice_balance AS balance ON balance.id = invoice.id
WHERE invoice.state = 'issued' GROUP BY invoice.currency ORDER BY invoice.currency;

-- name: insert^
INSERT INTO invoice (organization_id, client_id, currency, note, made_by)
SELECT id, :client_id, currency, :note, :made_by FROM organization WHERE id = tenant()
RETURNING id, public_id;

-- name: set_note!
UPDATE invoice SET note = :note WHERE id = :id;

-- name: clear_lines!
DELETE FROM invoice_line WHERE invoice_id = :id;

-- name: add_line!
INSERT INTO invoice_line (organization_id, invoice_id, description, quantity, unit_price)
VALUES (tenant(), :invoice_id, :description, :quantity, :unit_price);

-- name: issue$
SELECT issue_invoice(:id);

-- name: void$
UPDATE invoice SET state = 'void', voided_at = clock_now() WHERE id = :id AND state IN ('draft', 'issued') RETURNING id;

-- name: waive$
UPDATE invoice SET waived_at = CASE WHEN :waived THEN clock_now() END, waived_by = CASE WHEN :waived THEN :actor_id::bigint END
WHERE id = :id AND state = 'issued' AND (waived_at IS NOT NULL) <> :waived RETURNING id;

-- name: recipient$
SELECT coalesce(account.email, client.email) FROM invoice
LEFT JOIN client ON client.id = invoice.client_id
LEFT JOIN account ON account.id = coalesce(client.account_id, invoice.account_id)
WHERE invoice.id = :id;

-- name: told^
-- All that a letter says: where the invoice is, and how much.
SELECT public_id, number, currency, total, due, session, starts_at FROM invoice_row WHERE id = :id;

-- name: history
SELECT audit_line.at, audit_line.verb, account.name AS by
FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = 'invoice' AND noun_id = :id ORDER BY audit_line.id DESC LIMIT 50;

-- name: billing^
SELECT name, billing_text, currency FROM organization WHERE id = tenant();

-- name: set_billing!
UPDATE organization SET billing_text = :billing_text, currency = :currency WHERE id = tenant();
