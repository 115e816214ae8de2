"""Add, change, withdraw and offer again a clinic's services."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator

from dispatch import services
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.clinic_parts import service_again, services_again
from web.posting import Flag, Posted, Text, Whole, post


def _price(value: object) -> object:
    """Empty: no payment is required. A comma may part the cents."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return Decimal(value.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError("give a price like 40 or 12.50, or leave it empty") from None


class Service(Posted):
    """POST `/organization/clinics/{clinic}/services` and `…/services/{service}`. `price` in the organization's
    currency; empty: no payment is required (R-162)."""

    name: Text = ""
    description: Text = ""
    minutes: Whole = 30
    price: Annotated[Decimal | None, BeforeValidator(_price)] = None
    booking: str = "request"
    version: str | None = None

    def service(self) -> services.Service:
        return services.Service(self.name, self.description, self.minutes, self.price, self.booking)


class Offered(Posted):
    """POST `/organization/clinics/{clinic}/services/{service}/offered`."""

    offered: Flag


def _list(request: web.Request, done: str) -> str:
    return f"/organization/clinics/{request.match_info['clinic']}/services?done={done}"


@signed_in
async def add(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Service) -> dict[str, Any]:
        return {"service": await services.add(connection, actor, request.match_info["clinic"], posted.service())}

    return await post(request, actor, "add_service", Service, act, services_again, _list(request, "added"))


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic, service = request.match_info["clinic"], request.match_info["service"]

    async def act(connection: Connection, posted: Service) -> dict[str, Any]:
        await services.change(connection, actor, clinic, service, posted.service(), posted.version)
        return {"service": service}

    return await post(request, actor, "change_service", Service, act, service_again, _list(request, "saved"))


@signed_in
async def offer(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic, service = request.match_info["clinic"], request.match_info["service"]

    async def act(connection: Connection, posted: Offered) -> dict[str, Any]:
        await services.offer(connection, actor, clinic, service, posted.offered)
        return {"service": service, "offered": posted.offered}

    def back(body: dict[str, Any]) -> str:
        return _list(request, "offered" if body["offered"] else "withdrawn")

    return await post(request, actor, "offer_service", Offered, act, services_again, back)
