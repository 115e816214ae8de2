"""Change one's own profile, address and mails."""

from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch.errors import Invalid
from people import addresses, profile
from people.access import Actor
from people.errors import AddressTaken, NotFound, TooMany, Unfit
from web.actions.account import confirm_password
from web.auth import signed_in
from web.face import answer, fields_of, read, told, wants_json
from web.keys import DATABASE
from web.limits import allow
from web.pages.profile import confirm_email_page, profile_page
from web.posting import Several


class Profile(BaseModel):
    """POST `/account/profile`. Without `name` it stays as it is."""

    name: Annotated[str | None, Field(max_length=500)] = None
    time_zone: Annotated[str, Field(max_length=100)] = ""


class Email(BaseModel):
    """POST `/account/email`: the address to be, and the password."""

    email: Annotated[str, Field(max_length=500)] = ""
    current: str = ""


class Wanted(BaseModel):
    """POST `/account/notifications`: the kinds of mail that are ticked; forms send an empty one besides."""

    wanted: Several = []


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/profile`."""
    fields = await fields_of(request)
    try:
        posted = read(Profile, fields)
        async with request.app[DATABASE].transaction(actor) as connection:
            await profile.change(connection, actor, posted.name, posted.time_zone.strip())
    except (Invalid, Unfit) as error:
        return await told(request, error, partial(profile_page, request, actor, fields, "profile", error))
    return answer(request, "/account/profile?done=profile", {"changed": True})


@signed_in
async def ask_email(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/email`: nothing changes until the mail to the new address is opened."""
    fields = await fields_of(request)
    try:
        posted = read(Email, fields)
        addresses.check_address(posted.email)
        await confirm_password(request, actor, posted.current)
        await allow(request, "email", actor.public_id)
        async with request.app[DATABASE].system() as connection:
            await addresses.ask(connection, actor, posted.email)
    except (Invalid, Unfit, TooMany) as error:
        return await told(request, error, partial(profile_page, request, actor, fields, "email", error))
    return answer(request, "/account/profile?done=email", {"sent": True})


async def confirm_email(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/email/{token}`: the address is the account's from now on."""
    slug, token = request.match_info["organization"], request.match_info["token"]
    try:
        await allow(request, "reset")
        await addresses.confirm(request.app[DATABASE], slug, token)
    except (NotFound, AddressTaken, TooMany) as error:
        return await told(request, error, partial(confirm_email_page, request, error=error))
    return web.json_response({"changed": True}) if wants_json(request) else await confirm_email_page(request, done=True)


@signed_in
async def choose_mail(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/notifications`."""
    posted = read(Wanted, await fields_of(request))
    async with request.app[DATABASE].transaction(actor) as connection:
        await profile.choose_mail(connection, actor, set(posted.wanted))
    return answer(request, "/account/notifications?done=yes", {"changed": True})
