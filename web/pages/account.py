"""A person's own account: password, second step, signed-in browsers, API tokens."""

from typing import Any

import segno
from aiohttp import web

from people import accounts, passkeys, second_factor, tokens
from people.access import Actor, may_have_second_factor, require
from people.errors import UserError
from web.auth import signed_in, token_of
from web.keys import DATABASE, SETTINGS
from web.view import page


@signed_in
async def security(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/security`"""
    return await security_page(request, actor, done=request.query.get("done", ""))


async def security_page(
    request: web.Request, actor: Actor, form: str = "", error: UserError | None = None, done: str = ""
) -> web.Response:
    """`form` is the one that the error belongs to; `done` is what was just done."""
    token = token_of(request.app[SETTINGS], request.cookies) or ""
    async with request.app[DATABASE].system() as connection:
        values = {
            "account": await accounts.details(connection, actor.account_id),
            "organization": await accounts.organization_of(connection, actor),
            "sign_ins": await accounts.sign_ins(connection, actor.account_id, token),
            "passkeys": await passkeys.of_account(connection, actor.account_id),
            "recovery_left": await second_factor.recovery_left(connection, actor.account_id),
        }
    values |= {
        "errors": {
            "password": None,
            "remove": None,
            "recovery": None,
            "passkey": None,
            "own_passkey": None,
            form: error,
        },
        "shown_passkey": request.match_info.get("passkey"),
        "done": done,
    }
    return page(request, "account/security.html", **values)


@signed_in
async def enrol(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/second-factor`: a fresh key as QR code and as text, and the form that confirms it."""
    return await enrol_page(request, actor, second_factor.new_secret())


async def enrol_page(request: web.Request, actor: Actor, secret: str, error: UserError | None = None) -> web.Response:
    require(may_have_second_factor(actor))
    async with request.app[DATABASE].system() as connection:
        account = await accounts.details(connection, actor.account_id)
        organization = await accounts.organization_of(connection, actor)
    require(account["has_password"])
    address = second_factor.address_of(secret, account["username"], organization["name"])
    code = segno.make(address, error="m", micro=False)
    picture = code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return page(request, "account/second_factor.html", secret=secret, groups=groups, picture=picture, error=error)


@signed_in
async def own_tokens(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/tokens`"""
    return await tokens_page(request, actor)


async def tokens_page(
    request: web.Request,
    actor: Actor,
    kept: dict[str, Any] | None = None,
    error: UserError | None = None,
    made: tuple[str, str] | None = None,
) -> web.Response:
    """`made` is the name and the text of a token that was just made: shown this once."""
    chosen = {"name": "", "scopes": [], "days": 90} | (kept or {})
    if isinstance(chosen["scopes"], str):
        chosen["scopes"] = [chosen["scopes"]]
    async with request.app[DATABASE].system() as connection:
        own = await tokens.of_account(connection, actor)
    values: dict[str, Any] = {"tokens": own, "scopes": tokens.SCOPES, "kept": chosen, "error": error, "made": made}
    return page(request, "account/tokens.html", **values)
