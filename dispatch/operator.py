"""Asking whoever runs the server for what administrators cannot change themselves (R-015, R-071, A-25)."""

from dispatch.errors import Invalid
from people.access import Actor, may_ask_operator, require
from people.inputs import text
from records import audit, mail
from records.database import Connection
from records.queries import beside

queries = beside(__file__)

SUBJECTS = {
    "feature": "Add a feature, or take one away",
    "form": "Change a pre-request form for us",
    "departments": "Departments, staff and their roles",
    "organization": "Our name, address, time zone or currency",
    "trouble": "Something does not work",
    "other": "Something else",
}


async def ask(connection: Connection, actor: Actor, address: str, subject: str, message: str) -> None:
    """Post the question to the operator's address. Raises `NotFound`, `Invalid`."""
    require(may_ask_operator(actor))
    if subject not in SUBJECTS:
        raise Invalid("Choose what it is about.", field="subject")
    words = text(message, "text", 4000)
    if not words:
        raise Invalid("Please say what you need.", field="text")
    sender = await queries.sender(connection, id=actor.account_id)
    details = {**sender, "roles": sorted(actor.roles), "about": SUBJECTS[subject], "text": words}
    await mail.post(connection, actor, "operator", [address], details=details)
    await audit.record(connection, actor, "ask_operator", "organization", actor.organization_id, {"subject": subject})
