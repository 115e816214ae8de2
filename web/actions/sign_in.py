"""Sign in with user name or email and password; sign out."""

from aiohttp import web

from people import accounts
from people.errors import AccountInactive, SignInRefused, TooMany
from web import board_socket, session_socket
from web.auth import forget, remember, token_of
from web.board_socket import sign_in_room
from web.errors import headers_of, status_of
from web.face import fields_of, wants_json
from web.keys import DATABASE, PASSWORDS, SETTINGS, SOCKETS
from web.limits import allow, forgive
from web.pages.home import find_organization, safe_path
from web.view import page


async def sign_in(request: web.Request) -> web.StreamResponse:
    """POST `/at/{organization}/sign-in` {login, password, then}. A fresh token each time: no fixation."""
    fields = await fields_of(request)
    login, password = str(fields.get("login", "")), str(fields.get("password", ""))
    then = safe_path(str(fields.get("then", "")))
    try:
        token = await _check(request, login, password)
    except (SignInRefused, AccountInactive, TooMany) as error:
        if wants_json(request):
            raise
        found = await find_organization(request)
        values = {"organization": found, "login": login, "then": then, "error": error.message}
        answer = page(request, "home/sign_in.html", status=status_of(error), **values)
        answer.headers.update(headers_of(error))
        return answer
    response: web.StreamResponse = web.json_response({"then": then})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": then})
    remember(response, request.app[SETTINGS], token)
    return response


async def _check(request: web.Request, login: str, password: str) -> str:
    database, passwords = request.app[DATABASE], request.app[PASSWORDS]
    slug = request.match_info["organization"]
    typed = f"{slug}/{login.strip().lower()}"
    await allow(request, "sign-in", typed)
    account_id = await accounts.check_password(database, passwords, slug, login, password)
    await forgive(request, "sign-in", typed)
    async with database.system() as connection:
        return await accounts.sign_in(connection, account_id)


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
