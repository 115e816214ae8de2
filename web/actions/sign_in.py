"""Sign in with user name or email and password, and a second step for those who have one; sign out."""

from functools import partial
from urllib.parse import quote

from aiohttp import web

from people import accounts, second_factor
from people.errors import AccountInactive, SignInRefused, TooMany, Unconfirmed
from records import audit
from records.database import Connection
from web import board_socket, session_socket
from web.auth import cookie_name_for, forget, remember, remember_place, remember_step, step_cookie, token_of
from web.board_socket import sign_in_room
from web.browser_name import browser_name
from web.face import fields_of, told, wants_json
from web.keys import DATABASE, PASSWORDS, SETTINGS, SOCKETS
from web.limits import allow, forgive
from web.pages.home import code_page, safe_path, sign_in_page

Refusal = (SignInRefused, AccountInactive, Unconfirmed, TooMany)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in` {login, password, then}. A fresh token each time: no fixation. With a second
    factor there is none yet: a short-lived cookie leads to the second step."""
    fields = await fields_of(request)
    login, password = str(fields.get("login", "")), str(fields.get("password", ""))
    then = safe_path(str(fields.get("then", "")))
    try:
        proved = await _check(request, login, password)
        async with request.app[DATABASE].system() as connection:
            account_id = await accounts.hold(connection, proved)
            if await second_factor.is_on(connection, account_id):
                return _on_to_the_code(request, await second_factor.begin(connection, account_id), then)
            token = await welcome(request, connection, account_id)
    except Refusal as error:
        return await told(request, error, partial(sign_in_page, request, then, login, error))
    return await signed_in_answer(request, token, then)


async def enter_code(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in/code` {code, then}: the second step, with an app's code or a recovery code."""
    fields = await fields_of(request)
    then = safe_path(str(fields.get("then", "")))
    half = request.cookies.get(cookie_name_for(request.app[SETTINGS], step_cookie), "")
    try:
        token = await _finish(request, half, str(fields.get("code", "")))
    except Refusal as error:
        return await told(request, error, partial(code_page, request, then, error))
    response = await signed_in_answer(request, token, then)
    forget(response, request.app[SETTINGS], step_cookie)
    return response


async def _check(request: web.Request, login: str, password: str) -> accounts.Proved:
    database, passwords = request.app[DATABASE], request.app[PASSWORDS]
    slug = request.match_info["organization"]
    typed = f"{slug}/{login.strip().lower()}"
    await allow(request, "sign-in", typed)
    proved = await accounts.check_password(database, passwords, slug, login, password)
    await forgive(request, "sign-in", typed)
    return proved


async def _finish(request: web.Request, half: str, code: str) -> str:
    async with request.app[DATABASE].system() as connection:
        waiting = await second_factor.waiting(connection, half)
    await allow(request, "second-step", str(waiting))
    async with request.app[DATABASE].system() as connection:
        account_id = await second_factor.finish(connection, half, code)
        token = await welcome(request, connection, account_id)
    await forgive(request, "second-step", str(waiting))
    return token


async def welcome(request: web.Request, connection: Connection, account_id: int) -> str:
    """Remember this browser; the new token."""
    account = await accounts.details(connection, account_id)
    person = accounts.Person(account_id, account["organization_id"])
    await audit.record(connection, person, "sign_in", "account", account_id)
    return await accounts.sign_in(connection, account_id, browser_name(request.headers.get("User-Agent", "")))


def _on_to_the_code(request: web.Request, half: str, then: str) -> web.StreamResponse:
    way = f"/at/{request.match_info['organization']}/sign-in/code?then={quote(then)}"
    response: web.StreamResponse = web.json_response({"then": way, "second_step": True})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": way})
    remember_step(response, request.app[SETTINGS], half, second_factor.patience.total_seconds())
    return response


async def signed_in_answer(request: web.Request, token: str, then: str) -> web.StreamResponse:
    """One browser is one person: whoever was signed in here before is signed out."""
    await end_sign_in(request)
    response: web.StreamResponse = web.json_response({"then": then})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": then})
    remember(response, request.app[SETTINGS], token)
    remember_place(response, request.app[SETTINGS], request.match_info["organization"])
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """POST `/sign-out`: forgets the browser and closes its sockets."""
    await end_sign_in(request)
    response = web.Response(status=303, headers={"Location": "/"})
    forget(response, request.app[SETTINGS])
    return response


async def end_sign_in(request: web.Request) -> None:
    """Forget the browser that sends this, if it is known, and close its sockets."""
    token = token_of(request.app[SETTINGS], request.cookies)
    if not token:
        return
    async with request.app[DATABASE].system() as connection:
        await accounts.sign_out(connection, token)
    for namespace in (board_socket.NAMESPACE, session_socket.NAMESPACE):
        request.app[SOCKETS].end_room(sign_in_room(token), namespace)
