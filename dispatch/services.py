"""What a clinic offers (R-072): name, description, duration, and a price if payment is required (R-162)."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dispatch import clinic_setup
from dispatch.errors import EditedMeanwhile, Invalid, NotFound
from people.access import Actor
from people.inputs import line, text, within
from records import audit
from records.database import Connection, Row
from records.queries import beside

queries = beside(__file__)

highest_price = Decimal("99999999.99")


@dataclass(frozen=True)
class Service:
    """`price` is in the organization's currency; None: no payment is required. `booking` says what a client's choice of
    a time is: a request, or booked at once (instant), where the practitioner wants no word first (A-16)."""

    name: str
    description: str
    minutes: int
    price: Decimal | None = None
    booking: str = "request"


async def of_clinic(connection: Connection, clinic: Row) -> list[Row]:
    """Those offered first, in the order in which they were made: public_id, name, description, minutes, price, offered,
    version."""
    return await queries.of_clinic(connection, clinic_id=clinic["id"])


async def find(connection: Connection, clinic: Row, public_id: str) -> Row:
    """Raises `NotFound`."""
    found = await queries.find(connection, clinic_id=clinic["id"], public_id=public_id)
    if found is None:
        raise NotFound
    return found


async def add(connection: Connection, actor: Actor, clinic_id: str, service: Service) -> str:
    """Offer one more; return its public id. Raises `NotFound`, `Invalid`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    made = await queries.insert(connection, clinic_id=clinic["id"], **_checked(service))
    await audit.record(connection, actor, "create", "service", made["id"])
    return str(made["public_id"])


async def change(
    connection: Connection, actor: Actor, clinic_id: str, public_id: str, service: Service, version: str | None
) -> None:
    """Requests keep the name and the duration that they were asked with (A-12). `version` as in
    `clinic_setup.change`. Raises `NotFound`, `Invalid`, `EditedMeanwhile`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    standing = await find(connection, clinic, public_id)
    if version is not None and version != standing["version"]:
        raise EditedMeanwhile(await audit.last_writer(connection, "service", standing["id"]))
    values = _checked(service)
    changed = sorted(name for name, value in asdict(service).items() if value != standing[name])
    if changed:
        await queries.update(connection, id=standing["id"], **values)
        await audit.record(connection, actor, "change", "service", standing["id"], {"changed": changed})


async def offer(connection: Connection, actor: Actor, clinic_id: str, public_id: str, offered: bool) -> None:
    """Withdraw a service, or offer it again; what was asked for stays. Raises `NotFound`."""
    clinic = await clinic_setup.administered(connection, actor, clinic_id)
    standing = await find(connection, clinic, public_id)
    if standing["offered"] != offered:
        await queries.offer(connection, id=standing["id"], offered=offered)
        await audit.record(connection, actor, "offer" if offered else "withdraw", "service", standing["id"])


def _checked(service: Service) -> dict[str, Any]:
    price = service.price
    if price is not None and not (price.is_finite() and Decimal(0) < price <= highest_price):
        raise Invalid("Give a price above zero, or leave it empty if no payment is required.", field="price")
    if price is not None and price != price.quantize(Decimal("0.01")):
        raise Invalid("Give a price with at most two places after the point.", field="price")
    if service.booking not in ("request", "instant"):
        raise Invalid("Choose one of the two.", field="booking")
    return {
        "name": line(service.name, "name"),
        "description": text(service.description, "description", 1000),
        "duration": timedelta(minutes=within(service.minutes, "minutes", 5, 12 * 60)),
        "price": price,
        "booking": service.booking,
    }
