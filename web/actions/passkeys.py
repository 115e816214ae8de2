"""Add, name and remove passkeys; sign in by one, or by a password and one. The browser's part is static/passkeys.js."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch.errors import Invalid
from people import passkeys, second_factor
from people.access import Actor, may_have_second_factor, require
from people.errors import TooMany, Unfit
from people.passkeys import RelyingParty
from records.database import Connection
from web.actions.account import confirm_password, shown_once
from web.actions.sign_in import Refusal, signed_in_answer, welcome
from web.auth import cookie_of, forget, signed_in, step_cookie
from web.face import answer, fields_of, read, told
from web.keys import DATABASE, SETTINGS
from web.limits import allow, forgive
from web.pages.account import security_page
from web.pages.home import code_page, find_organization, safe_path, sign_in_page


class Begin(BaseModel):
    """POST `/account/passkeys/begin`: the password."""

    current: str = ""


class Add(BaseModel):
    """POST `/account/passkeys`: what to call it, and the device's answer, a PublicKeyCredential as JSON."""

    name: Annotated[str, Field(max_length=500)] = ""
    credential: str = ""


class Rename(BaseModel):
    """POST `/account/passkeys/{passkey}`."""

    name: Annotated[str, Field(max_length=500)] = ""


class Prove(BaseModel):
    """POST `/at/{organization}/sign-in/passkey` and `/at/{organization}/sign-in/code/passkey`: the device's answer, and
    where to go on to."""

    credential: str = ""
    then: str = ""


def relying_party(request: web.Request) -> RelyingParty:
    settings = request.app[SETTINGS]
    return RelyingParty(str(urlsplit(settings.public_url).hostname), list(settings.origins))


@signed_in
async def begin(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/passkeys/begin`: what to ask the device for."""
    require(may_have_second_factor(actor))
    posted = read(Begin, await fields_of(request))
    await confirm_password(request, actor, posted.current)
    async with request.app[DATABASE].system() as connection:
        return web.json_response(await passkeys.begin_adding(connection, relying_party(request), actor))


@signed_in
async def add(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/passkeys`: with the first second step come recovery codes, in this answer and in no other."""
    fields = await fields_of(request)
    try:
        posted = read(Add, fields)
        async with request.app[DATABASE].system() as connection:
            codes = await passkeys.add(connection, relying_party(request), actor, posted.name, posted.credential)
    except (Invalid, Unfit) as error:
        return await told(request, error, partial(security_page, request, actor, "passkey", error))
    return shown_once(request, codes) if codes else answer(request, DONE.format("added"), {"recovery_codes": []})


@signed_in
async def rename(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/passkeys/{passkey}`."""
    posted = read(Rename, await fields_of(request))
    try:
        async with request.app[DATABASE].system() as connection:
            await passkeys.rename(connection, actor, request.match_info["passkey"], posted.name)
    except Unfit as error:
        return await told(request, error, partial(security_page, request, actor, "own_passkey", error))
    return answer(request, DONE.format("renamed"), {"renamed": True})


@signed_in
async def remove(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/passkeys/{passkey}/remove`: asks for the password, as adding does."""
    posted, public_id = read(Begin, await fields_of(request)), request.match_info["passkey"]
    async with request.app[DATABASE].system() as connection:
        known = await passkeys.of_account(connection, actor.account_id)
    require(public_id in {passkey["public_id"] for passkey in known})
    try:
        await confirm_password(request, actor, posted.current)
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(security_page, request, actor, "own_passkey", error))
    async with request.app[DATABASE].system() as connection:
        await passkeys.remove(connection, actor, public_id)
    return answer(request, DONE.format("unadded"), {"removed": True})


DONE = "/account/security?done={}"


async def begin_sign_in(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in/passkey/begin`: what to ask the device for; it tells nothing of accounts."""
    found = await find_organization(request)
    await allow(request, "passkey")
    async with request.app[DATABASE].system() as connection:
        return web.json_response(await passkeys.begin_sign_in(connection, relying_party(request), found["id"]))


async def sign_in(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in/passkey` → a new cookie. A device that asked for its owner's finger, face or
    code is both steps at once."""
    found = await find_organization(request)

    async def finish(connection: Connection, credential: str) -> int:
        return await passkeys.finish_sign_in(connection, relying_party(request), found["id"], credential)

    posted = read(Prove, await fields_of(request))
    then = safe_path(posted.then)
    again = partial(sign_in_page, request, then)
    return await _signed_in(request, posted.credential, then, "passkey", "", finish, again)


async def begin_second_step(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in/code/passkey/begin`: after the password."""
    await allow(request, "passkey")
    async with request.app[DATABASE].system() as connection:
        options = await passkeys.begin_second_step(connection, relying_party(request), cookie_of(request, step_cookie))
    return web.json_response(options)


async def second_step(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in/code/passkey` → a new cookie."""
    half = cookie_of(request, step_cookie)

    async def finish(connection: Connection, credential: str) -> int:
        return await passkeys.finish_second_step(connection, relying_party(request), half, credential)

    posted = read(Prove, await fields_of(request))
    then = safe_path(posted.then)
    again = partial(code_page, request, then)
    try:
        async with request.app[DATABASE].system() as connection:
            waiting = await second_factor.waiting(connection, half)
    except Refusal as error:
        return await told(request, error, partial(again, error=error))
    response = await _signed_in(request, posted.credential, then, "second-step", str(waiting), finish, again)
    if response.status in (200, 303):
        forget(response, request.app[SETTINGS], step_cookie)
    return response


async def _signed_in(
    request: web.Request,
    credential: str,
    then: str,
    limit: str,
    who: str,
    finish: Callable[[Connection, str], Awaitable[int]],
    again: Callable[..., Awaitable[web.Response]],
) -> web.StreamResponse:
    """`limit` and `who` are what tries are counted by; `again` shows the form with its `error`."""
    try:
        await allow(request, limit, who)
        async with request.app[DATABASE].system() as connection:
            token = await welcome(request, connection, await finish(connection, credential))
    except Refusal as error:
        return await told(request, error, partial(again, error=error))
    await forgive(request, limit, who)
    return await signed_in_answer(request, token, then)
