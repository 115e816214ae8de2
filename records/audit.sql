-- name: add_line!
INSERT INTO audit_line (organization_id, account_id, verb, noun, noun_id, details)
VALUES (:organization_id, :account_id, :verb, :noun, :noun_id, :details::json);

-- name: last_writer$
SELECT account.name FROM audit_line LEFT JOIN account ON account.id = audit_line.account_id
WHERE noun = :noun AND noun_id = :noun_id ORDER BY audit_line.id DESC LIMIT 1;
