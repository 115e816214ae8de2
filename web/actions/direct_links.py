"""Follow a direct link into its session (A-15)."""

from aiohttp import web

from dispatch import direct_links
from dispatch.errors import NotFound, NotOpen
from web.actions.sign_in import end_sign_in
from web.auth import cookie_of, device_cookie, forget, link_cookie, remember, remember_for_a_day
from web.face import wants_json
from web.keys import DATABASE, SETTINGS
from web.pages.direct_links import gone, join_page


async def join(request: web.Request) -> web.StreamResponse:
    """POST `/join`: a new cookie, good for that session alone, for the link that `GET /join/{token}` put into a cookie.
    Whoever was signed in here is signed out."""
    token = cookie_of(request, link_cookie)
    try:
        visit, session = await direct_links.exchange(request.app[DATABASE], token, cookie_of(request, device_cookie))
    except NotFound:
        if wants_json(request):
            raise
        return gone(request)
    except NotOpen as error:
        if wants_json(request):
            raise
        return await join_page(request, token, error)
    await end_sign_in(request)
    response: web.StreamResponse = web.json_response({"session": session})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": f"/sessions/{session}"})
    settings = request.app[SETTINGS]
    remember(response, settings, visit.token)
    remember_for_a_day(response, settings, device_cookie, visit.device)
    forget(response, settings, link_cookie)
    return response
