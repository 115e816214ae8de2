"""Make and revoke personal API tokens."""

from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from dispatch.errors import Invalid
from people import tokens
from people.access import Actor
from people.errors import TooMany, Unfit
from web.actions.account import confirm_password
from web.auth import signed_in
from web.face import answer, fields_of, read, told, wants_json
from web.keys import DATABASE
from web.pages.account import tokens_page
from web.posting import Several


class CreateToken(BaseModel):
    """POST `/account/tokens`: what to call it, what it opens, how many days it lives, and the owner's password: a token
    outlives the browser that it was made in."""

    name: Annotated[str, Field(max_length=100)] = ""
    scopes: Several = []
    days: Annotated[int, Field(ge=1, le=365)] = 90
    current: str = ""


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    """The token is in this answer and in no other."""
    fields = await fields_of(request)
    try:
        posted = read(CreateToken, fields)
        await confirm_password(request, actor, posted.current)
        async with request.app[DATABASE].system() as connection:
            public_id, token = await tokens.create(connection, actor, posted.name, posted.scopes, posted.days)
    except (Invalid, Unfit, TooMany) as error:
        return await told(request, error, partial(tokens_page, request, actor, fields, error))
    if wants_json(request):
        return web.json_response({"id": public_id, "token": token})
    return await tokens_page(request, actor, made=(posted.name.strip(), token))


@signed_in
async def revoke(request: web.Request, actor: Actor) -> web.StreamResponse:
    """POST `/account/tokens/{token}/revoke`: it opens nothing from now on."""
    async with request.app[DATABASE].system() as connection:
        await tokens.revoke(connection, actor, request.match_info["token"])
    return answer(request, "/account/tokens", {"revoked": True})
