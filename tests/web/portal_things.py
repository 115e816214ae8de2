"""One of each of the portal's things that an address may name, of one client."""

from records.database import Connection

STORED = """
    INSERT INTO stored_file (organization_id, name, content_type, bytes, sha256)
    SELECT organization_id, 'papers-' || id, 'application/pdf', 1, sha256('x') FROM client WHERE id = $1"""
MADE = {
    "form": """
        INSERT INTO intake_form (organization_id, name) SELECT organization_id, 'Meadow form' FROM client WHERE id = $1
        RETURNING public_id""",
    "intake": """
        WITH version AS (
            INSERT INTO intake_form_version (organization_id, form_id, number, content, hash, published_at)
            SELECT organization_id, id, 1, '{"title": "Meadow form", "fields": []}', sha256('x'), clock_now()
            FROM intake_form WHERE name = 'Meadow form' RETURNING id, form_id
        )
        INSERT INTO intake (organization_id, client_id, form_id, version_id, sent_by)
        SELECT organization_id, client.id, form_id, version.id, account_id FROM client, version WHERE client.id = $1
        RETURNING public_id""",
    "document": """
        INSERT INTO document (organization_id, client_id, title, file_id)
        SELECT client.organization_id, client.id, 'A paper', stored_file.id FROM client
        JOIN stored_file ON stored_file.name = 'papers-' || client.id WHERE client.id = $1 RETURNING public_id""",
    "export": """
        INSERT INTO export (organization_id, account_id, state, file_id, expires_at)
        SELECT client.organization_id, account_id, 'ready', stored_file.id, clock_now() + interval '1 day' FROM client
        JOIN stored_file ON stored_file.name = 'papers-' || client.id WHERE client.id = $1 RETURNING public_id""",
    "invitation": """
        INSERT INTO invitation (organization_id, client_id, account_id, email, sent_by, expires_at)
        SELECT organization_id, id, account_id, email, account_id, clock_now() + interval '7 days' FROM client
        WHERE id = $1 RETURNING public_id""",
    "invoice": """
        INSERT INTO invoice (organization_id, client_id, currency) SELECT organization_id, id, 'EUR' FROM client
        WHERE id = $1 RETURNING public_id""",
    "payment": """
        INSERT INTO payment (organization_id, invoice_id, method, amount, state, made_by, settled_at)
        SELECT client.organization_id, invoice.id, 'cash', 1, 'succeeded', client.account_id, clock_now() FROM client
        JOIN invoice ON invoice.client_id = client.id WHERE client.id = $1 RETURNING public_id""",
}
"""In this order."""


async def portal_ids(owner: Connection, client: str) -> dict[str, str]:
    """Public ids by the names that paths give them. `client` is a file's public id."""
    key = await owner.fetchval("SELECT id FROM client WHERE public_id = $1", client)
    await owner.execute(STORED, key)
    return {name: str(await owner.fetchval(insert, key)) for name, insert in MADE.items()}
