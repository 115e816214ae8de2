"""A forgotten password: ask for the link, use it."""

from functools import partial

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch.errors import Invalid
from people import resets
from people.errors import NotFound, TooMany, Unfit
from web.face import fields_of, read, told, wants_json
from web.keys import DATABASE, PASSWORDS
from web.limits import allow
from web.pages.passwords import forgot_page, reset_page


class Forgot(BaseModel):
    """POST `/at/{organization}/forgot`: a user name or an email."""

    login: str = Field(default="", min_length=1, max_length=254)


class Reset(BaseModel):
    """POST `/at/{organization}/reset/{token}`: the new password."""

    password: str = ""


async def forgot(request: web.Request) -> web.StreamResponse:
    fields = await fields_of(request)
    slug, login = request.match_info["organization"], str(fields.get("login", ""))
    try:
        login = read(Forgot, fields).login.strip()
        await allow(request, "forgot", f"{slug}/{login.lower()}")
    except (Invalid, TooMany) as error:
        return await told(request, error, partial(forgot_page, request, login, error=error))
    await resets.ask(request.app[DATABASE], slug, login)
    if wants_json(request):
        return web.json_response({"sent": True})
    return await forgot_page(request, login, sent=True)


async def reset(request: web.Request) -> web.StreamResponse:
    """A good link and a good password: every browser of the account is signed out, and nobody is signed in."""
    posted = read(Reset, await fields_of(request))
    slug, token = request.match_info["organization"], request.match_info["token"]
    try:
        await allow(request, "reset")
        await resets.use(request.app[DATABASE], request.app[PASSWORDS], slug, token, posted.password)
    except (NotFound, Unfit, TooMany) as error:
        return await told(request, error, partial(reset_page, request, error=error))
    if wants_json(request):
        return web.json_response({"then": f"/at/{slug}/sign-in"})
    return await reset_page(request, done=True)
