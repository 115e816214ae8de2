-- name: done^
-- What is there; `wanted`: whether this person still has them on the dashboard. Portal: somebody decided about its switches
-- or gave a seat, for as it begins nobody did.
SELECT EXISTS (SELECT FROM department) AS department,
       EXISTS (SELECT FROM account_role JOIN account ON account.id = account_id
               WHERE role = 'practitioner' AND state = 'active') AS staff,
       EXISTS (SELECT FROM clinic) AS clinic,
       EXISTS (SELECT FROM service WHERE offered) AS service,
       EXISTS (SELECT FROM clinic_host) AS host,
       EXISTS (SELECT FROM weekly_hours) OR EXISTS (SELECT FROM special_hours WHERE open)
           OR EXISTS (SELECT FROM clinic_host WHERE on_demand) AS hours,
       (SELECT requests_open FROM organization WHERE id = tenant()) AS requests,
       EXISTS (SELECT FROM portal_seat) OR EXISTS (SELECT FROM audit_line WHERE noun = 'portal' AND verb = 'switch') OR EXISTS (
           SELECT FROM organization WHERE id = tenant() AND (portal_messages OR portal_scheduling
                                                             OR NOT (portal_forms AND portal_payments))) AS portal,
       EXISTS (SELECT FROM invitation) OR EXISTS (
           SELECT FROM client JOIN account ON account.id = account_id WHERE has_password) AS invitation,
       (SELECT NOT hides_first_steps FROM account WHERE account.id = :account_id) AS wanted;

-- name: want$
UPDATE account SET hides_first_steps = NOT :wanted::boolean
WHERE id = :account_id AND hides_first_steps = :wanted::boolean RETURNING id;
