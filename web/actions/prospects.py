"""Prove an email address by a code, and be signed in by it (A-23)."""

from functools import partial
from urllib.parse import quote

from aiohttp import web

from people import prospects
from people.errors import TooMany, Unfit
from web.actions.sign_in import signed_in_answer
from web.browser_name import browser_name
from web.face import answer, fields_of, told
from web.keys import DATABASE
from web.limits import allow, forgive
from web.pages.home import find_organization, safe_path
from web.pages.prospects import begin_again, code_again


async def send_code(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/ask` {name, email, then}. The answer is the same whether or not the address is known."""
    found, fields = await find_organization(request), await fields_of(request)
    kept = {name: str(fields.get(name, "")) for name in ("name", "email", "then")}
    try:
        who = prospects.introduce(kept["name"], kept["email"])
        await allow(request, "code", f"{found['slug']}/{who.email}")
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(begin_again, request, kept, error))
    public_id = await prospects.send_code(request.app[DATABASE], found["id"], who)
    way = f"/at/{found['slug']}/ask/{public_id}?then={quote(safe_path(kept['then']))}"
    return answer(request, way, {"confirmation": public_id, "then": way})


async def confirm(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/ask/{code}` {code, then} → a new cookie."""
    found, fields = await find_organization(request), await fields_of(request)
    then, public_id = safe_path(str(fields.get("then", ""))), request.match_info["code"]
    browser = browser_name(request.headers.get("User-Agent", ""))
    try:
        await allow(request, "code-guess", public_id)
        token = await prospects.confirm(
            request.app[DATABASE], found["id"], public_id, str(fields.get("code", "")), browser
        )
    except (Unfit, TooMany) as error:
        return await told(request, error, partial(code_again, request, then, error))
    await forgive(request, "code-guess", public_id)
    return await signed_in_answer(request, token, then)
