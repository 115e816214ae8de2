"""What handlers ask before they let somebody try: `await allow(request, "sign-in", login)`; see web/limiter.py."""

from aiohttp import web

from web.keys import LIMITS
from web.network import client_address, network_of


async def allow(request: web.Request, kind: str, account: str = "") -> None:
    """Count a try of `kind` (a name in RULES) by this account from this request's network. Raises `TooMany`."""
    await request.app[LIMITS].take(kind, account, network_of(client_address(request)))


async def forgive(request: web.Request, kind: str, account: str = "") -> None:
    """Take back the try that `allow` counted: it turned out well."""
    await request.app[LIMITS].give_back(kind, account, network_of(client_address(request)))
