"""The waitlist: clients who would come if a time became free; dispatch/offers.py makes them offers in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from dispatch import asking, booking, offers, self_scheduling
from dispatch.asking import Ask
from dispatch.errors import AlreadyWaiting, Invalid, NotFound
from dispatch.hours import midnight
from people.access import Actor, may_leave_waitlist, require
from records import audit
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Wish:
    """What somebody waits for: ids are public, `weekdays` 1 (Monday) to 7, the visit lies wholly between two minutes of
    the day on the clock of `time_zone`. Note and answers are to the clinic's form (dispatch/asking.py)."""

    service: str
    host: str
    weekdays: tuple[int, ...]
    starts_minute: int
    ends_minute: int
    time_zone: str
    note: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


async def join(connection: Connection, actor: Actor, wish: Wish) -> str:
    """Take the last place; return its public id. Raises `NotFound` where the client may not choose times, `Invalid`
    with its field, `Closed`, `AlreadyWaiting`."""
    choice = await self_scheduling.choice(connection, actor, wish.host, wish.service)
    if not choice["waitlist"]:
        raise NotFound
    _check(wish, choice["minutes"])
    if not await queries.knows_zone(connection, zone=wish.time_zone):
        raise Invalid("This time zone is not known.", field="zone")
    offered = await asking.offer(
        connection, Ask(choice["clinic"], wish.service, wish.host, (), wish.note, wish.answers)
    )
    with refusing(one_place_on_the_waitlist=AlreadyWaiting):
        place = await queries.join(
            connection,
            client_id=choice["client_id"],
            host_id=choice["host_id"],
            service_id=choice["service_id"],
            weekdays=sorted(set(wish.weekdays)),
            starts_minute=wish.starts_minute,
            ends_minute=wish.ends_minute,
            time_zone=wish.time_zone,
            note=offered.note,
            answers=offered.answers,
        )
    await audit.record(connection, actor, "join_waitlist", "waitlist_place", place["id"])
    return str(place["public_id"])


async def leave(connection: Connection, actor: Actor, public_id: str) -> None:
    """Give the place up, and with it what is offered just now. Twice is once. Raises `NotFound`."""
    place = await queries.find(connection, public_id=public_id)
    if place is None:
        raise NotFound
    require(may_leave_waitlist(actor, place))
    await booking.lock(connection, [place["host_id"]], offers.NOBODY)
    if await queries.leave(connection, id=place["id"]) is None:
        return
    await audit.record(connection, actor, "leave_waitlist", "waitlist_place", place["id"])
    await offers.end(connection, actor, place["id"])


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """A client's places, the oldest first: public_id, service_name, host_name, clinic_name, weekdays, starts_minute,
    ends_minute, time_zone, joined_at, `booked` (a session of the same is to come: they may wait for an earlier one)."""
    return await queries.of_account(connection, account_id=actor.account_id)


async def of_host(connection: Connection, actor: Actor) -> list[Row]:
    """Who of a host's clients waits for them, in the order in which they are asked: client_name, and what `of_account`
    tells."""
    return await queries.of_host(connection, account_id=actor.account_id)


def _check(wish: Wish, minutes: int) -> None:
    if not wish.weekdays or not set(wish.weekdays) <= set(range(1, 8)):
        raise Invalid("Choose at least one day.", field="weekdays")
    if not 0 <= wish.starts_minute < wish.ends_minute <= midnight:
        raise Invalid("The end must be after the beginning.", field="ends")
    if wish.ends_minute - wish.starts_minute < minutes:
        raise Invalid(f"The visit takes {minutes} minutes. Leave more time between the two.", field="ends")
    if wish.time_zone not in available_timezones():
        raise Invalid("This time zone is not known.", field="zone")
