"""What people say of themselves: their name, the zone in which they are told of times, and which mails they want."""

from zoneinfo import available_timezones

from people.access import Actor
from people.errors import Unfit
from people.notifications import kinds_for
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)
longest_name = 80


async def own(connection: Connection, actor: Actor) -> Row:
    """Username, email, name, time_zone, unwanted_mail, has_password, and `has_file`: the staff keep the name then."""
    return await queries.own(connection, id=actor.account_id)


async def change(connection: Connection, actor: Actor, name: str | None, time_zone: str) -> None:
    """Set the name, where the staff do not keep it in a file, and the zone; an empty one means: as the browser says.
    Raises `Unfit` with its field."""
    name = None if name is None else " ".join(name.split())
    if name is not None and not 1 <= len(name) <= longest_name:
        raise Unfit(f"Please enter your name, at most {longest_name} characters.", field="name")
    known = not time_zone or time_zone in available_timezones()
    if not known or (time_zone and not await queries.knows_zone(connection, zone=time_zone)):
        raise Unfit("This time zone is not known. Choose one like Europe/Lisbon.", field="time_zone")
    changed = await queries.change(connection, id=actor.account_id, name=name, time_zone=time_zone or None)
    if changed is not None:
        await audit.record(connection, actor, "change_profile", "account", actor.account_id)


async def choose_mail(connection: Connection, actor: Actor, wanted: set[str]) -> None:
    """Of the mails that this person may do without, they want these. What the staff set for others stays."""
    shown = kinds_for(actor)
    unwanted = sorted(shown - wanted)
    chosen = await queries.choose_mail(connection, id=actor.account_id, shown=sorted(shown), unwanted=unwanted)
    if chosen is not None:
        await audit.record(connection, actor, "choose_mail", "account", actor.account_id, {"unwanted": unwanted})
