"""Scheduling > Requests (R-091): the live board, its snapshot, and the Assign dialog."""

from typing import Any

from aiohttp import web

from dispatch import board, clinics, requests
from people.access import Actor
from web.auth import signed_in
from web.errors import status_of
from web.keys import DATABASE
from web.view import page


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board`"""
    return page(request, "board/page.html", snapshot=await _snapshot(request, actor))


@signed_in
async def rows(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board/rows`: the snapshot alone. A browser joins its rooms first and loads this after."""
    return page(request, "board/_rows.html", snapshot=await _snapshot(request, actor))


async def _snapshot(request: web.Request, actor: Actor) -> board.Snapshot:
    async with request.app[DATABASE].transaction(actor) as connection:
        return await board.snapshot(connection, actor)


@signed_in
async def assign(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/requests/{request}/assign`: providers of the clinic and the requested times (R-095, R-096)."""
    return await assign_again(request, actor, {}, None)


async def assign_again(
    request: web.Request, actor: Actor, kept: dict[str, Any], error: Exception | None
) -> web.Response:
    """The form with what was chosen and typed, and why it was refused; `?part` gives the dialog's inside alone."""
    async with request.app[DATABASE].transaction(actor) as connection:
        asked = await requests.details(connection, actor, request.match_info["request"])
        hosts = await clinics.hosts(connection, asked["clinic_id"], asked["duration"])
    kept = {"host": "", "response": "", **kept}
    part = "part" in request.query
    return page(
        request,
        "requests/_assign.html" if part else "requests/assign.html",
        status=status_of(error) if error else 200,
        asked=asked,
        hosts=hosts,
        kept=kept,
        error=error,
        heading="h2" if part else "h1",
    )
