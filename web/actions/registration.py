"""Register, have the mail sent again, confirm the address (R-020 to R-022)."""

from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch.errors import Invalid
from people import registering
from people.errors import NotFound, TooMany, Unfit
from web.actions.sign_in import signed_in_answer
from web.browser_name import browser_name
from web.face import answer, fields_of, read, told
from web.keys import DATABASE, PASSWORDS
from web.limits import allow
from web.pages.home import find_organization
from web.pages.registration import confirm_page, register_page, sent_page

Typed = Annotated[str, Field(max_length=5000)]


class Register(BaseModel):
    """POST `/at/{organization}/register`: R-039. `department` is a public id or `unsure` (R-026), `practitioner` a
    public id (A-01)."""

    username: Typed = ""
    password: Typed = ""
    email: Typed = ""
    first_name: Typed = ""
    last_name: Typed = ""
    date_of_birth: Typed = ""
    department: Typed = ""
    practitioner: Typed = ""
    phone: Typed = ""
    region: Typed = ""
    language: Typed = ""
    reason: Typed = ""
    earlier_care: Typed = ""
    emergency_contact: Typed = ""


class Confirm(BaseModel):
    """POST `/at/{organization}/confirm/{token}`: `username` only where somebody took the one chosen."""

    password: Typed = ""
    username: Typed = ""


async def register(request: web.Request) -> web.StreamResponse:
    """The answer is the same whether or not the address is known; what is true is mailed to it."""
    found, fields = await find_organization(request), await fields_of(request)
    database = request.app[DATABASE]
    async with database.system() as connection:
        offered = await registering.form(connection, found["id"])
    try:
        posted = read(Register, fields).model_dump()
        username, password = posted.pop("username"), posted.pop("password")
        fit = registering.check(offered, username, password, registering.Said(**posted))
        await allow(request, "register", f"{found['slug']}/{fit.email}")
        public_id = await registering.register(database, request.app[PASSWORDS], fit)
    except (Invalid, Unfit, TooMany) as error:
        return await told(request, error, partial(register_page, request, fields, error))
    way = f"/at/{found['slug']}/register/{public_id}"
    return answer(request, way, {"registration": public_id, "then": way})


async def send_again(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/register/{registration}/resend`: the mail with a new link. It counts as registering with
    that address does, so that nobody's mailbox is filled from here."""
    found, public_id = await find_organization(request), request.match_info["registration"]
    async with request.app[DATABASE].system() as connection:
        waiting = await registering.find(connection, found["id"], public_id)
    try:
        await allow(request, "register", f"{found['slug']}/{waiting['email']}")
    except TooMany as error:
        return await told(request, error, partial(sent_page, request, error))
    await registering.send_again(request.app[DATABASE], found["id"], public_id)
    return answer(request, f"/at/{found['slug']}/register/{public_id}?again=1", {"sent": True})


async def confirm(request: web.Request) -> web.StreamResponse:
    """The link and the password: the account is there, the staff is told, and its owner is signed in."""
    found, fields = await find_organization(request), await fields_of(request)
    token, browser = request.match_info["token"], browser_name(request.headers.get("User-Agent", ""))
    database, passwords = request.app[DATABASE], request.app[PASSWORDS]
    try:
        posted = read(Confirm, fields)
        await allow(request, "confirm", token)
        made = await registering.confirm(
            database, passwords, found["id"], token, posted.password, posted.username, browser
        )
    except (Invalid, NotFound, Unfit, TooMany) as error:
        return await told(request, error, partial(confirm_page, request, fields, error))
    return await signed_in_answer(request, made, "/dashboard")
