-- name: claim$
-- A node that held the room keeps its term; one that takes it over starts the next.
INSERT INTO visit_room (session_id, organization_id, node, leased_until)
SELECT id, organization_id, :node, clock_now() + :lease::interval FROM session WHERE id = :session_id
ON CONFLICT (session_id) DO UPDATE
SET node = excluded.node, leased_until = excluded.leased_until,
    term = visit_room.term + (visit_room.node <> excluded.node)::int
WHERE visit_room.node = excluded.node OR visit_room.leased_until < clock_now()
RETURNING term;

-- name: owner^
SELECT node, term, leased_until > clock_now() AS current FROM visit_room WHERE session_id = :session_id;

-- name: release!
UPDATE visit_room SET leased_until = clock_now() - interval '1 microsecond' WHERE session_id = :session_id AND node = :node;
