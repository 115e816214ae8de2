"""The page of a setup link (R-029): a form and nothing more, for mail scanners open links, too."""

from typing import Any

from aiohttp import web

from people import setup as setups
from people.errors import NotFound, UserError
from people.usernames import suggestion
from web.keys import DATABASE
from web.pages.home import find_organization
from web.view import page


async def setup(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/setup/{token}`: asks for a user name and a password."""
    return await setup_page(request)


async def setup_page(
    request: web.Request, kept: dict[str, Any] | None = None, error: UserError | None = None
) -> web.Response:
    """A link that opens nothing (any more) leads to the forgotten password's page, which sends another."""
    found = await find_organization(request)
    try:
        async with request.app[DATABASE].system() as connection:
            account = await setups.look(connection, found["slug"], request.match_info["token"])
    except NotFound:
        return page(request, "home/setup.html", status=404, organization=found, account=None)
    username = str((kept or {}).get("username", suggestion(account["email"])))
    return page(request, "home/setup.html", organization=found, account=account, username=username, error=error)
