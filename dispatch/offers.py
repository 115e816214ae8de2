"""The waitlist's offers: a time that becomes free is offered to one client at a time, and held for them meanwhile.

Every verb takes the host's lock first (dispatch/booking.py), then the offer's row: whoever books the same time, as
staff may, does it in that order too. A booking over a held time ends the offer (schema.sql: end_offers).
"""

from datetime import datetime

from dispatch import availability, booking, requests
from dispatch.asking import Offer
from dispatch.errors import NotFound, OfferEnded, Taken
from people.access import Actor, may_answer_offer, require
from records import audit, jobs, mail
from records.database import Connection, House, Row, Tenant
from records.queries import beside

queries = beside(__file__)


async def freed(connection: Connection, tenant: Tenant, session: Row) -> None:
    """Offer the time that a session had (`starts_at`, `host_id` as they were) to the first who suits, if anybody does.
    Its own client is not asked. To be called under the host's lock."""
    await _offer_next(connection, tenant, session["host_id"], session["starts_at"], session["id"], None)


async def accept(connection: Connection, actor: Actor, public_id: str) -> Row:
    """Book the time that is offered, and leave the waitlist; return the session. Raises `NotFound` for anybody but the
    client whom it is offered to, `OfferEnded`, `Taken`, `ClientBusy`; then nothing is changed."""
    offer = await _hold(connection, actor, public_id)
    if not offer["self_scheduled"] or not await _settle(connection, offer, "accepted"):
        raise OfferEnded
    if not await availability.fits(connection, offer["host_id"], offer["starts_at"], offer["duration"]):
        raise Taken
    asked = Offer(offer["service_id"], offer["host_id"], offer["note"], offer["answers"])
    request = await requests.store(connection, actor, "scheduled", (offer["starts_at"],), asked)
    await audit.record(connection, actor, "accept_offer", "request", request["id"], {"offer": offer["id"]})
    found = await requests.find(connection, actor, request["public_id"])
    session = await requests.settle(connection, House(actor.organization_id), found, offer["host_id"], 1)
    await queries.booked(connection, place_id=offer["place_id"])
    return session


async def decline(connection: Connection, actor: Actor, public_id: str) -> None:
    """The time is offered to the next; the place on the waitlist stays. Raises `NotFound`, `OfferEnded`."""
    offer = await _hold(connection, actor, public_id)
    if not await _settle(connection, offer, "declined"):
        raise OfferEnded
    await audit.record(connection, actor, "decline_offer", "waitlist_place", offer["place_id"], {"offer": offer["id"]})
    await _pass_on(connection, actor, offer)


async def expire(connection: Connection, house: House, offer_id: int) -> bool:
    """Nobody answered in time: the time is offered to the next. Whether it expired just now."""
    offer = await queries.by_id(connection, id=offer_id)
    if offer is None:
        return False
    await booking.lock(connection, [offer["host_id"]], NOBODY)
    if await queries.expire(connection, id=offer_id) is None:
        return False
    await audit.record(connection, house, "expire_offer", "waitlist_place", offer["place_id"], {"offer": offer_id})
    await _pass_on(connection, house, offer)
    return True


async def end(connection: Connection, tenant: Tenant, place_id: int) -> None:
    """Whoever leaves the waitlist leaves what is offered to them to the next. To be called under the host's lock."""
    offer = await queries.end(connection, place_id=place_id)
    if offer is not None:
        await _pass_on(connection, tenant, offer)


async def of_account(connection: Connection, actor: Actor) -> list[Row]:
    """What is offered to this client now, the one that ends first on top: public_id, service_name, host_name,
    clinic_name, starts_at, ends_at, expires_at, left_seconds."""
    return await queries.of_account(connection, account_id=actor.account_id)


async def told(connection: Connection, offer_id: int) -> Row | None:
    """All that a letter about an open offer says; None once it is open no more."""
    return await queries.told(connection, id=offer_id)


NOBODY = {"client_id": None, "visitor_id": None}


async def _hold(connection: Connection, actor: Actor, public_id: str) -> Row:
    found = await queries.find(connection, public_id=public_id)
    if found is None:
        raise NotFound
    require(may_answer_offer(actor, found))
    await requests.hold_hosts(connection, found["clinic_id"])
    await booking.lock(connection, [found["host_id"]], found)
    return await queries.find(connection, public_id=public_id)


async def _settle(connection: Connection, offer: Row, state: str) -> bool:
    return bool(await queries.settle(connection, id=offer["id"], state=state))


async def _pass_on(connection: Connection, tenant: Tenant, offer: Row) -> None:
    freed_at = offer["freed_at"]
    await _offer_next(connection, tenant, offer["host_id"], offer["starts_at"], offer["session_id"], freed_at)


async def _offer_next(
    connection: Connection,
    tenant: Tenant,
    host_id: int,
    starts_at: datetime,
    session_id: int,
    freed_at: datetime | None,
) -> None:
    """To the first in the list who suits, was not asked in this round and whose visit fits. No `freed_at` begins a
    round."""
    keys = {"host_id": host_id, "starts_at": starts_at, "session_id": session_id, "freed_at": freed_at}
    for place in await queries.candidates(connection, **keys):
        if await availability.fits(connection, host_id, starts_at, place["duration"]):
            offer = await queries.offer(connection, **keys, place_id=place["id"], duration=place["duration"])
            if offer is not None:
                await _tell(connection, tenant, place, offer)
                return


async def _tell(connection: Connection, tenant: Tenant, place: Row, offer: Row) -> None:
    house = House(tenant.organization_id)
    await audit.record(connection, house, "offer_time", "waitlist_place", place["id"], {"offer": offer["id"]})
    await mail.post(connection, house, "offer", [place["email"]], offer["id"])
    await jobs.enqueue(connection, "expire_offer", offer["id"], after=offer["time_left"])
