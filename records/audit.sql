-- name: add_line!
INSERT INTO audit_line (organization_id, account_id, verb, noun, noun_id, details)
VALUES (:organization_id, :account_id, :verb, :noun, :noun_id, :details::json);
