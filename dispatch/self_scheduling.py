"""Self-scheduling (R-078, R-079): for which services a practitioner lets clients choose their own times, and what a
client may choose from. All that it takes stands in `self_schedules` (schema.sql), which every verb asks again."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch import hours
from dispatch.errors import Invalid, NotFound
from people import entitlements
from people.access import Actor, may_schedule, may_set_hours, require
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)


@dataclass(frozen=True)
class Switches:
    """A practitioner's own. `services` are public ids; `confirms`: they decide each booking, also of services that are
    booked at once (A-16); `waitlist`: what becomes free is offered to those who wait, and booked when accepted."""

    on: bool
    services: Sequence[str]
    confirms: bool
    waitlist: bool


async def find(connection: Connection, actor: Actor) -> Row:
    """One's own switches: `on`, `confirms`, `waitlist`; and whether there are hours to choose from (`has_hours`).
    Raises `NotFound`."""
    require(may_set_hours(actor))
    return await queries.find(connection, account_id=actor.account_id)


async def services(connection: Connection, actor: Actor) -> list[Row]:
    """The services of the clinics that one hosts: public_id, name, clinic_name, minutes, booking, `chosen`."""
    return await queries.services(connection, account_id=actor.account_id)


async def change(connection: Connection, actor: Actor, wanted: Switches) -> None:
    """Raises `NotFound` for somebody who is no host, `FeatureOff`, `NoSeat`, `Invalid`."""
    await hours.own(connection, actor)
    await entitlements.require_seat(connection, "scheduling", actor.account_id)
    known = {row["public_id"]: row["id"] for row in await services(connection, actor)}
    if not set(wanted.services) <= known.keys():
        raise Invalid("Choose services of your clinics.", field="services")
    if wanted.on and not wanted.services:
        raise Invalid("Choose at least one service.", field="services")
    await queries.change(
        connection, account_id=actor.account_id, on=wanted.on, confirms=wanted.confirms, waitlist=wanted.waitlist
    )
    await queries.choose(connection, account_id=actor.account_id, services=[known[one] for one in wanted.services])
    await audit.record(connection, actor, "set_self_scheduling", "host", actor.account_id, {"on": wanted.on})


async def choices(connection: Connection, actor: Actor) -> list[Row]:
    """What a client may choose from: one row for each practitioner of theirs and service, by practitioner. Raises
    `NotFound`, `FeatureOff`."""
    require(may_schedule(actor))
    await entitlements.require(connection, "scheduling")
    return await queries.choices(connection, account_id=actor.account_id, host=None, service=None)


async def choice(connection: Connection, actor: Actor, host: str, service: str) -> Row:
    """One of them, by public ids: host (public id), host_id, host_name, service, service_id, service_name, description,
    minutes, duration, price, currency, clinic (public id), clinic_id, clinic_name, `instant`, `waitlist`, `waits` (is
    on it), client_id, visitor_id. Raises `NotFound`, `FeatureOff`."""
    require(may_schedule(actor))
    await entitlements.require(connection, "scheduling")
    found = await queries.choices(connection, account_id=actor.account_id, host=host, service=service)
    if not found:
        raise NotFound
    require(may_schedule(actor, found[0]))
    return found[0]
