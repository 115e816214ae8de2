"""Who is told that a client paid (R-161, R-211): every organization administrator and the assigned practitioner, each
by an own preference (A-21), and the payer, who gets a receipt."""

from records import mail
from records.database import Connection, House, Row
from records.queries import beside

queries = beside(__file__)


async def paid(connection: Connection, house: House, payment: Row) -> None:
    """A card payment succeeded. Administrators may each switch the notice off, but not all at once: if nobody of them
    wants it, the longest serving gets it and reads why."""
    administrators = await queries.administrators(connection)
    staff = await queries.practitioners(connection, id=payment["invoice_id"])
    told = [row["email"] for row in (*administrators, *staff)]
    await mail.post(connection, house, "payment", told, payment["id"])
    if administrators and all(row["unwanted"] for row in administrators):
        await mail.post(connection, house, "payment_anyway", [administrators[0]["email"]], payment["id"])
    payer = await queries.payer(connection, id=payment["made_by"])
    if payer is not None:
        await mail.post(connection, house, "receipt", [payer], payment["id"])


async def told(connection: Connection, payment_id: int) -> Row:
    """All that a letter says: amount, currency, invoice (public id), number."""
    return await queries.told(connection, id=payment_id)
