"""Add and remove a clinic's hosts and schedulers."""

from typing import Any

from aiohttp import web

from dispatch import clinic_people
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.clinic_parts import hosts_again, schedulers_again
from web.posting import Nothing, Posted, post


class Host(Posted):
    """POST `/organization/clinics/{clinic}/hosts`: a practitioner's public id."""

    host: str = ""


class Scheduler(Posted):
    """POST `/organization/clinics/{clinic}/schedulers`: a scheduler's public id."""

    scheduler: str = ""


def _list(request: web.Request, people: str, done: str) -> str:
    return f"/organization/clinics/{request.match_info['clinic']}/{people}?{done}"


@signed_in
async def add_host(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Host) -> dict[str, Any]:
        await clinic_people.add_host(connection, actor, request.match_info["clinic"], posted.host)
        return {"host": posted.host}

    return await post(request, actor, "add_host", Host, act, hosts_again, _list(request, "hosts", "done=added"))


@signed_in
async def remove_host(request: web.Request, actor: Actor) -> web.StreamResponse:
    host = request.match_info["host"]

    async def act(connection: Connection, posted: Nothing) -> dict[str, Any]:
        await clinic_people.remove_host(connection, actor, request.match_info["clinic"], host)
        return {"host": host}

    where = _list(request, "hosts", f"removed={host}")
    return await post(request, actor, "remove_host", Nothing, act, hosts_again, where)


@signed_in
async def add_scheduler(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Scheduler) -> dict[str, Any]:
        await clinic_people.add_scheduler(connection, actor, request.match_info["clinic"], posted.scheduler)
        return {"scheduler": posted.scheduler}

    where = _list(request, "schedulers", "done=added")
    return await post(request, actor, "add_scheduler", Scheduler, act, schedulers_again, where)


@signed_in
async def remove_scheduler(request: web.Request, actor: Actor) -> web.StreamResponse:
    scheduler = request.match_info["scheduler"]

    async def act(connection: Connection, posted: Nothing) -> dict[str, Any]:
        await clinic_people.remove_scheduler(connection, actor, request.match_info["clinic"], scheduler)
        return {"scheduler": scheduler}

    where = _list(request, "schedulers", f"removed={scheduler}")
    return await post(request, actor, "remove_scheduler", Nothing, act, schedulers_again, where)
