-- name: account
SELECT name, username, email, time_zone, created_at FROM account WHERE id = :account_id;

-- name: file
SELECT client.first_name, client.last_name, client.email, client.date_of_birth, department.name AS department, client.active,
       client.created_at
FROM client LEFT JOIN department ON department.id = client.department_id WHERE client.id = :client_id;

-- name: registration
SELECT first_name, last_name, date_of_birth, email, phone, region, language, reason, earlier_care, emergency_contact, sent_at,
       confirmed_at
FROM registration WHERE account_id = :account_id;

-- name: practitioners
SELECT account.name AS practitioner, department.name AS department, association.made_at AS since
FROM association JOIN account ON account.id = association.practitioner_id
JOIN department ON department.id = association.department_id
WHERE association.client_id = :client_id ORDER BY association.made_at;

-- name: requests
SELECT request.number, clinic.name AS clinic, request.service_name AS service, request.kind::text AS kind,
       request.submitted_at, request.asked_times AS times, request.note, request.answers AS said, request.state::text AS state,
       request.decided_at, request.response
FROM request JOIN clinic ON clinic.id = request.clinic_id
WHERE request.requester_id = :account_id ORDER BY request.id;

-- name: sessions
SELECT session.service_name AS service, clinic.name AS clinic, host.name AS host, session.starts_at, session.ends_at,
       session.state::text AS state, session.reason
FROM session JOIN clinic ON clinic.id = session.clinic_id JOIN account AS host ON host.id = session.host_id
WHERE session.client_id = :client_id OR session.visitor_id = :account_id ORDER BY session.starts_at;

-- name: waitlist
SELECT service.name AS service, host.name AS host, place.weekdays, place.starts_minute AS from_minute,
       place.ends_minute AS until_minute, place.time_zone, place.note, place.joined_at, place.state::text AS state, place.ended_at
FROM waitlist_place AS place JOIN service ON service.id = place.service_id JOIN account AS host ON host.id = place.host_id
WHERE place.client_id = :client_id ORDER BY place.id;

-- name: forms
SELECT version.content ->> 'title' AS form, version.number AS version, intake.state::text AS state, intake.sent_at,
       intake.ended_at AS completed_at, version.content, intake.answers,
       array(SELECT signature.name FROM signature WHERE signature.intake_id = intake.id ORDER BY field_key) AS signed_by
FROM intake JOIN intake_form_version AS version ON version.id = intake.version_id
WHERE intake.client_id = :client_id AND intake.state <> 'withdrawn' ORDER BY intake.sent_at;

-- name: invoices
SELECT invoice.number, invoice.state::text AS state, invoice.issued_at, invoice.currency, invoice.total, balance.paid,
       balance.due, invoice.seller, invoice.bill_to, invoice.note,
       array(SELECT description || ': ' || amount FROM invoice_line WHERE invoice_id = invoice.id ORDER BY id) AS lines
FROM invoice JOIN invoice_balance AS balance ON balance.id = invoice.id
WHERE (invoice.client_id = :client_id OR invoice.account_id = :account_id) AND invoice.number IS NOT NULL
ORDER BY invoice.number;

-- name: payments
SELECT invoice.number AS invoice, payment.method::text AS method, payment.amount, invoice.currency, payment.settled_at,
       (SELECT sum(refund.amount) FROM refund WHERE refund.payment_id = payment.id AND refund.state = 'succeeded') AS refunded
FROM payment JOIN invoice ON invoice.id = payment.invoice_id
WHERE (invoice.client_id = :client_id OR invoice.account_id = :account_id) AND payment.state = 'succeeded'
ORDER BY payment.settled_at;

-- name: messages
SELECT thread.subject, author.name AS from, message.sent_at, message.body AS message,
       array(SELECT attachment.name FROM attachment WHERE attachment.message_id = message.id ORDER BY id) AS attachments
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id
JOIN message ON message.thread_id = thread.id JOIN account AS author ON author.id = message.author_id
WHERE thread_member.account_id = :account_id AND thread.kind <> 'team'
  AND coalesce(thread.client_id, :client_id) = :client_id ORDER BY thread.id, message.id;

-- name: documents
SELECT document.title, stored_file.name, stored_file.content_type
FROM document JOIN stored_file ON stored_file.id = document.file_id WHERE document.client_id = :client_id ORDER BY document.id;

-- name: attachments
SELECT attachment.name AS shown, stored_file.name, stored_file.content_type
FROM thread_member JOIN thread ON thread.id = thread_member.thread_id AND thread.kind <> 'team'
JOIN message ON message.thread_id = thread.id JOIN attachment ON attachment.message_id = message.id
JOIN stored_file ON stored_file.id = attachment.file_id
WHERE thread_member.account_id = :account_id AND coalesce(thread.client_id, :client_id) = :client_id ORDER BY attachment.id;

-- name: organization^
SELECT name, time_zone, clock_now() AS now FROM organization;
