"""Define user name and password by the link that was mailed (R-029, R-140, R-203)."""

from functools import partial

from aiohttp import web
from pydantic import BaseModel

from people import setup
from people.errors import NotFound, TooMany, Unfit
from portal import invitations
from records.database import Database
from web.actions.sign_in import signed_in_answer
from web.auth import actor_by_token
from web.browser_name import browser_name
from web.face import fields_of, read, told
from web.keys import DATABASE, PASSWORDS
from web.limits import allow
from web.pages.setup import setup_page


class SetUp(BaseModel):
    """POST `/at/{organization}/setup/{token}`: what the account's owner chose."""

    username: str = ""
    password: str = ""


async def set_up(request: web.Request) -> web.StreamResponse:
    """A good link, a free user name and a good password: the account is theirs, and they are signed in."""
    fields = await fields_of(request)
    slug, token = request.match_info["organization"], request.match_info["token"]
    browser = browser_name(request.headers.get("User-Agent", ""))
    try:
        posted = read(SetUp, fields)
        await allow(request, "reset")
        made = await setup.set_up(
            request.app[DATABASE], request.app[PASSWORDS], slug, token, posted.username, posted.password, browser
        )
    except (NotFound, Unfit, TooMany) as error:
        return await told(request, error, partial(setup_page, request, fields, error))
    return await signed_in_answer(request, made, await _then(request.app[DATABASE], made))


async def _then(database: Database, token: str) -> str:
    """Forms that came with an invitation come first (R-140)."""
    actor = await actor_by_token(database, token)
    if actor is None:
        return "/dashboard"
    async with database.transaction(actor) as connection:
        return "/forms?done=ready" if await invitations.forms_waiting(connection, actor) else "/dashboard"
