"""The pages of a forgotten password. They look and answer alike whether an account exists or not."""

from aiohttp import web

from people import resets
from people.errors import NotFound, UserError
from web.keys import DATABASE
from web.pages.home import find_organization
from web.view import page


async def forgot(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/forgot`: asks who it is."""
    return await forgot_page(request)


async def forgot_page(
    request: web.Request, login: str = "", sent: bool = False, error: UserError | None = None
) -> web.Response:
    found = await find_organization(request)
    return page(request, "home/forgot.html", organization=found, login=login, sent=sent, error=error)


async def reset(request: web.Request) -> web.StreamResponse:
    """`/at/{organization}/reset/{token}`: a form and nothing more; looking at it uses nothing up."""
    return await reset_page(request)


async def reset_page(request: web.Request, done: bool = False, error: UserError | None = None) -> web.Response:
    found = await find_organization(request)
    values = {"organization": found, "done": done, "error": error, "username": "", "usable": True}
    if done:
        return page(request, "home/reset.html", **values)
    try:
        async with request.app[DATABASE].system() as connection:
            account = await resets.look(connection, found["slug"], request.match_info["token"])
    except NotFound:
        return page(request, "home/reset.html", status=404, **values | {"usable": False})
    return page(request, "home/reset.html", **values | {"username": account["username"]})
