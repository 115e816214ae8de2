"""Leaving with one's data: how far an export is, and its download."""

from typing import Any

from aiohttp import web

from people.access import Actor
from portal import exports
from portal.errors import DocumentDamaged
from records.database import Row
from records.files import Damaged
from web.auth import signed_in
from web.downloads import headers
from web.keys import DATABASE, FILES
from web.pages.organization import framed
from web.view import page


@signed_in
async def of_organization(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/organization/export`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        asked = await exports.of_organization(connection, actor)
    values: dict[str, Any] = {"exports": asked, "running": is_running(asked)}
    if is_part(request):
        return page(request, "exports/_state.html", **values)
    return framed(request, actor, "exports/organization.html", None, **values)


@signed_in
async def download(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/exports/{export}`: the zip, piece by piece."""
    async with request.app[DATABASE].transaction(actor) as connection:
        taken = await exports.take(connection, actor, request.match_info["export"])
    whose = "organization" if taken["whole"] else "my-data"
    response = web.StreamResponse(headers=headers(f"{whose} {taken['ready_at']:%Y-%m-%d}.zip"))
    response.content_type = "application/zip"
    response.content_length = taken["bytes"]
    pieces = request.app[FILES].chunks(taken["name"])
    try:
        first = await anext(pieces, b"")
    except Damaged:
        raise DocumentDamaged("This file is gone. Please ask for your data once more.") from None
    await response.prepare(request)
    await response.write(first)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


def is_part(request: web.Request) -> bool:
    """Whether a page asks for the state alone."""
    return request.query.get("part") == "exports"


def is_running(asked: list[Row]) -> bool:
    return any(one["state"] in ("waiting", "running") for one in asked)
