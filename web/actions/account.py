"""Change one's own password, second step and signed-in browsers. Each asks for the password again, so that nobody who
finds an open browser takes the account over.
"""

from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from people import accounts, resets, second_factor
from people.access import Actor, may_have_second_factor, require
from people.accounts import Person
from people.errors import TooMany, Unfit
from web.auth import remember, signed_in, token_of
from web.browser_name import browser_name
from web.face import answer, fields_of, read, told, wants_json
from web.keys import DATABASE, PASSWORDS, SETTINGS
from web.limits import allow, forgive
from web.pages.account import enrol_page, security_page
from web.view import page


class ChangePassword(BaseModel):
    """POST `/account/password`: the current password and the new one."""

    current: str = ""
    password: str = ""


class TurnOn(BaseModel):
    """POST `/account/second-factor`: a key that the page offered, a first code of it, and the password."""

    secret: str = ""
    code: str = ""
    current: str = ""


class Confirmed(BaseModel):
    """POST `/account/second-factor/remove` and `/account/recovery-codes`: the password."""

    current: str = ""


@signed_in
async def change_password(request: web.Request, actor: Actor) -> web.StreamResponse:
    """Every other browser is signed out; this one goes on with a new token."""
    posted = read(ChangePassword, await fields_of(request))
    person = Person(actor.account_id, actor.organization_id)
    browser = browser_name(request.headers.get("User-Agent", ""))
    try:
        await allow(request, "password", actor.public_id)
        token = await resets.change(
            request.app[DATABASE], request.app[PASSWORDS], person, posted.current, posted.password, browser
        )
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(security_page, request, actor, "password", error))
    await forgive(request, "password", actor.public_id)
    response: web.StreamResponse = web.json_response({"changed": True})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": "/account/security?done=password"})
    remember(response, request.app[SETTINGS], token)
    return response


@signed_in
async def turn_on(request: web.Request, actor: Actor) -> web.StreamResponse:
    """The recovery codes are in this answer and in no other."""
    require(may_have_second_factor(actor))
    async with request.app[DATABASE].system() as connection:
        require((await accounts.details(connection, actor.account_id))["has_password"])
    posted = read(TurnOn, await fields_of(request))
    try:
        await confirm_password(request, actor, posted.current)
        async with request.app[DATABASE].system() as connection:
            codes = await second_factor.turn_on(connection, actor, posted.secret, posted.code)
    except (Unfit, TooMany) as error:
        again = partial(enrol_page, request, actor, posted.secret or second_factor.new_secret(), error)
        return await told(request, error, again)
    return shown_once(request, codes)


@signed_in
async def turn_off(request: web.Request, actor: Actor) -> web.StreamResponse:
    posted = read(Confirmed, await fields_of(request))
    try:
        await confirm_password(request, actor, posted.current)
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(security_page, request, actor, "remove", error))
    async with request.app[DATABASE].system() as connection:
        await second_factor.turn_off(connection, actor)
    return answer(request, "/account/security?done=removed", {"second_factor": False})


@signed_in
async def recovery_codes(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/recovery-codes`: fresh ones instead of the old."""
    posted = read(Confirmed, await fields_of(request))
    try:
        await confirm_password(request, actor, posted.current)
        async with request.app[DATABASE].system() as connection:
            codes = await second_factor.new_recovery_codes(connection, actor)
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(security_page, request, actor, "recovery", error))
    return shown_once(request, codes)


@signed_in
async def end_others(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/sign-ins/end`: sign out everywhere else."""
    token = token_of(request.app[SETTINGS], request.cookies)
    async with request.app[DATABASE].system() as connection:
        await accounts.end_others(connection, actor.account_id, token)
    return answer(request, "/account/security?done=elsewhere", {"ended": True})


@signed_in
async def end_one(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/sign-ins/{sign_in}/end`: sign out one browser; its sockets end within a second."""
    async with request.app[DATABASE].system() as connection:
        await accounts.end_one(connection, actor.account_id, request.match_info["sign_in"])
    return answer(request, "/account/security?done=one", {"ended": True})


async def confirm_password(request: web.Request, actor: Actor, password: str) -> None:
    """Raises `Unfit` for a wrong password (field `current`), `TooMany`."""
    await allow(request, "password", actor.public_id)
    await accounts.confirm(request.app[DATABASE], request.app[PASSWORDS], actor.account_id, password)
    await forgive(request, "password", actor.public_id)


def shown_once(request: web.Request, codes: list[str]) -> web.Response:
    body: dict[str, Any] = {"recovery_codes": codes}
    return web.json_response(body) if wants_json(request) else page(request, "account/recovery_codes.html", codes=codes)
