-- name: recipients
-- The client's practitioners and the sender, where they still work here and may see it: senders without a care relationship
-- are organization administrators (may_invite).
SELECT account.email
FROM intake JOIN account ON account.state = 'active' AND account.id <> :account_id
WHERE intake.id = :id
  AND (EXISTS (SELECT FROM association WHERE association.client_id = intake.client_id AND practitioner_id = account.id)
       OR account.id = intake.sent_by AND EXISTS (
           SELECT FROM account_role WHERE account_role.account_id = account.id AND role = 'organization_administrator'))
  AND NOT EXISTS (
      SELECT FROM intake AS other
      WHERE other.client_id = intake.client_id AND other.id <> intake.id AND other.state = 'completed'
        AND other.ended_at > clock_now() - :since::interval AND NOT has_looked(account.id, other.id, other.document_id))
ORDER BY account.id;

-- name: told^
SELECT intake.public_id AS intake, client.public_id AS client
FROM intake JOIN client ON client.id = intake.client_id WHERE intake.id = :id;

-- name: unseen
SELECT intake.public_id, client.public_id AS client, client.first_name || ' ' || client.last_name AS client_name,
       client.department_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids,
       EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id) AS associated
FROM intake JOIN client ON client.id = intake.client_id
JOIN organization ON organization.id = intake.organization_id AND organization.portal_forms
WHERE intake.state = 'completed' AND intake.ended_at > clock_now() - :since::interval
  AND client.account_id IS DISTINCT FROM :account_id
  AND (intake.sent_by = :account_id
       OR EXISTS (SELECT FROM association WHERE client_id = client.id AND practitioner_id = :account_id))
  AND NOT has_looked(:account_id, intake.id, intake.document_id)
ORDER BY intake.ended_at DESC, intake.id DESC LIMIT 50;
