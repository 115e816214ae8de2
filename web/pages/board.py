"""Scheduling > Requests (R-091): the live board, its snapshot, and today's figures."""

from dataclasses import asdict

from aiohttp import web

from dispatch import board, figures
from people.access import Actor
from records.database import Unavailable
from web import board_json, deciding
from web.auth import signed_in
from web.face import wants_json
from web.keys import DATABASE, FEED, LEASES
from web.view import page


@signed_in
async def whole(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board`"""
    return await _board(request, actor, "board/page.html")


@signed_in
async def rows(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board/rows`: the snapshot alone. A browser joins its rooms first and loads this after."""
    _must_hear(request)
    return await _board(request, actor, "board/_rows.html")


@signed_in
async def wall(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board/wall`: for a screen that many people see; requests are numbers there, and nobody is named."""
    return await _wall(request, actor, "board/wall.html")


@signed_in
async def wall_rows(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board/wall/rows`: its snapshot alone."""
    _must_hear(request)
    return await _wall(request, actor, "board/_wall_rows.html")


@signed_in
async def figures_of_today(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/board/figures`: JSON of today in the organization's zone, for the clinics that are shown."""
    async with request.app[DATABASE].reading(actor) as connection:
        shown = board.shown_ids(await board.served(connection, actor))
        told = await figures.today(connection, actor, shown)
    return web.json_response(asdict(told))


def _must_hear(request: web.Request) -> None:
    """A page that loads calls itself live afterwards: not while nobody would tell it of changes. Raises
    `Unavailable`."""
    if not wants_json(request) and not request.app[FEED].connected.is_set():
        raise Unavailable("the feed is away")


async def _board(request: web.Request, actor: Actor, template: str) -> web.StreamResponse:
    snapshot = await _snapshot(request, actor)
    who = await deciding.names(request.app[LEASES], snapshot.rows)
    if wants_json(request):
        return web.json_response(board_json.whole(snapshot, who))
    return page(request, template, snapshot=snapshot, deciding=who, most_decided=board.most_decided)


async def _wall(request: web.Request, actor: Actor, template: str) -> web.StreamResponse:
    snapshot = await _snapshot(request, actor)
    if wants_json(request):
        return web.json_response(board_json.wall(snapshot))
    return page(request, template, snapshot=snapshot)


async def _snapshot(request: web.Request, actor: Actor) -> board.Snapshot:
    async with request.app[DATABASE].reading(actor) as connection:
        return await board.snapshot(connection, actor)
