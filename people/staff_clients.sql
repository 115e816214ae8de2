-- name: find
SELECT client.public_id, client.first_name || ' ' || client.last_name AS name, client.email, client.date_of_birth
FROM client
WHERE client.active
  AND (:everywhere OR client.department_id = ANY (:department_ids::bigint[]) OR EXISTS (
       SELECT FROM association WHERE association.client_id = client.id
       AND association.department_id = ANY (:department_ids::bigint[])))
  AND NOT EXISTS (SELECT FROM association
                  WHERE association.client_id = client.id AND association.practitioner_id = :practitioner_id)
  AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS word WHERE NOT (
       starts_with(client.last_key, folded(word)) OR starts_with(client.first_key, folded(word))
       OR starts_with(client.email, lower(word))))
ORDER BY client.last_key, client.first_key, client.id
LIMIT :most;

-- name: file^
SELECT client.id, client.department_id,
       array(SELECT association.department_id FROM association WHERE association.client_id = client.id) AS department_ids
FROM client WHERE client.public_id = :public_id;
