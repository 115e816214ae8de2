"""Follow a direct link into its session (A-15)."""

from aiohttp import web

from dispatch import direct_links
from dispatch.errors import NotOpen
from web.actions.sign_in import end_sign_in
from web.auth import device_of, remember, remember_device
from web.face import wants_json
from web.keys import DATABASE, SETTINGS
from web.view import page


async def join(request: web.Request) -> web.StreamResponse:
    """POST `/join/{token}`: a new cookie, good for that session alone. Whoever was signed in here is signed out."""
    link = request.match_info["token"]
    try:
        visit, session = await direct_links.exchange(request.app[DATABASE], link, device_of(request))
    except NotOpen as error:
        if wants_json(request):
            raise
        known = await direct_links.look(request.app[DATABASE], link)
        return page(request, "sessions/join.html", status=403, link=known, error=error)
    await end_sign_in(request)
    response: web.StreamResponse = web.json_response({"session": session})
    if not wants_json(request):
        response = web.Response(status=303, headers={"Location": f"/sessions/{session}"})
    remember(response, request.app[SETTINGS], visit.token)
    remember_device(response, request.app[SETTINGS], visit.device)
    return response
