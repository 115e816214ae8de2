"""The form by which a client asks one clinic for a service."""

import secrets
from typing import Any

from aiohttp import web

from dispatch import clinics
from people.access import Actor, may_ask, require
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def ask(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clinics/{clinic}/ask`"""
    return await ask_again(request, actor, request.match_info["clinic"], {}, None)


async def ask_again(request: web.Request, actor: Actor, clinic: str, kept: dict[str, Any], error: Any) -> web.Response:
    """The form with what was typed, and the error next to its field."""
    require(may_ask(actor))
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await clinics.find(connection, clinic)
    kept = {"service": "", "host": "", "when": "now", "times": [], "note": "", **kept}
    key = kept.get("key") or secrets.token_urlsafe(12)
    return page(
        request,
        "requests/ask.html",
        status=422 if error else 200,
        clinic=found,
        kept=kept,
        error=error,
        key=key,
    )
