-- name: client^
SELECT client.id, client.public_id, client.first_name || ' ' || client.last_name AS name, client.first_name, client.last_name,
       coalesce(account.email, client.email) AS email, client.date_of_birth, client.department_id, client.active,
       client.account_id, account.state::text AS account_state, coalesce(account.has_password, false) AS has_password,
       EXISTS (SELECT FROM association
               WHERE association.client_id = client.id AND association.practitioner_id = :account_id) AS associated
FROM client LEFT JOIN account ON account.id = client.account_id
WHERE client.public_id = :public_id;

-- name: open$
-- One at a time is open for a client (one_open_invitation): another one is the same, sent again.
INSERT INTO invitation (organization_id, client_id, account_id, email, sent_by, expires_at)
VALUES (tenant(), :client_id, :account_id, :email, :sent_by, clock_now() + :lifetime::interval)
ON CONFLICT (client_id) WHERE accepted_at IS NULL AND revoked_at IS NULL DO UPDATE SET sent_by = excluded.sent_by
RETURNING id;

-- name: find^
SELECT invitation.id, invitation.client_id, invitation.account_id, client.public_id AS client, client.active,
       invitation_state(invitation) AS state
FROM invitation JOIN client ON client.id = invitation.client_id
WHERE invitation.public_id = :public_id;

-- name: send_by!
UPDATE invitation SET sent_by = :sent_by WHERE id = :id;

-- name: revoke$
UPDATE invitation SET revoked_at = clock_now() WHERE id = :id AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id;

-- name: of_client
SELECT invitation.public_id, invitation.email, invitation_state(invitation) AS state, invitation.sent_at,
       sender.name AS sent_by, invitation.expires_at, invitation.accepted_at, invitation.revoked_at,
       array(SELECT intake_form.name FROM intake JOIN intake_form ON intake_form.id = intake.form_id
             WHERE intake.invitation_id = invitation.id ORDER BY intake_form.name) AS forms
FROM invitation JOIN account AS sender ON sender.id = invitation.sent_by
WHERE invitation.client_id = :client_id
ORDER BY invitation.sent_at DESC, invitation.id DESC LIMIT :most;

-- name: listed
-- practitioner_id NULL: of all clients; else of this practitioner's.
SELECT invitation.public_id, invitation.email, invitation_state(invitation) AS state, invitation.sent_at,
       sender.name AS sent_by, invitation.expires_at, invitation.accepted_at, invitation.revoked_at,
       client.public_id AS client, client.last_name || ', ' || client.first_name AS name,
       (SELECT count(*) FROM intake WHERE intake.invitation_id = invitation.id AND intake.state <> 'withdrawn') AS sent,
       (SELECT count(*) FROM intake WHERE intake.invitation_id = invitation.id AND intake.state = 'completed') AS completed
FROM invitation
JOIN client ON client.id = invitation.client_id
JOIN account AS sender ON sender.id = invitation.sent_by
WHERE (:practitioner_id::bigint IS NULL OR EXISTS (
           SELECT FROM association WHERE association.client_id = client.id AND association.practitioner_id = :practitioner_id))
  AND (:state = '' OR invitation_state(invitation) = :state)
  AND (:words = '' OR position(folded(:words) IN client.first_key || ' ' || client.last_key) > 0
       OR position(folded(:words) IN client.last_key || ', ' || client.first_key) > 0
       OR position(lower(:words) IN invitation.email) > 0)
  AND (:after = '' OR (invitation.sent_at, invitation.id) < (
           SELECT last.sent_at, last.id FROM invitation AS last WHERE last.public_id = :after))
ORDER BY invitation.sent_at DESC, invitation.id DESC LIMIT :limit;

-- name: told^
SELECT sender.name AS sender, invitation.expires_at,
       (SELECT count(*) FROM intake WHERE intake.invitation_id = invitation.id AND intake.state IN ('sent', 'started')) AS forms
FROM invitation JOIN account AS sender ON sender.id = invitation.sent_by
WHERE invitation.id = :id AND invitation.accepted_at IS NULL AND invitation.revoked_at IS NULL;

-- name: forms_waiting$
SELECT count(*) FROM intake JOIN client ON client.id = intake.client_id
WHERE client.account_id = :account_id AND intake.state IN ('sent', 'started');
