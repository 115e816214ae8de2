"""Who is asking: the sign-in cookie, same-origin posts, and the headers that every answer bears."""

from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from people import accounts, tokens
from people.access import Actor, may_use_portal
from people.errors import LinkEnded, NotFound, SignedOut, TokenRefused
from records.database import Database
from web import scopes
from web.face import bearer_of, wants_json
from web.keys import ACTOR, DATABASE, SETTINGS, VISITOR
from web.limits import allow
from web.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
cookie_name = "anteroom"
step_cookie = "anteroom-step"
"""The second step of a sign-in that has begun; it signs nobody in."""
place_cookie = "anteroom-at"
"""The address of the organization where somebody last signed in, so that they are led back there."""
link_cookie = "anteroom-link"
"""A direct link on its way from its address to the button that uses it; it signs nobody in."""
device_cookie = "anteroom-device"
"""Tells the browsers apart that come by one direct link; it opens nothing."""
one_day = 24 * 3600
one_year = 365 * 24 * 3600


def cookie_name_for(settings: Settings, name: str = cookie_name) -> str:
    """`__Host-` binds the cookie to exactly this origin; browsers take it over https only."""
    return f"__Host-{name}" if settings.secure else name


def token_of(settings: Settings, cookies: Mapping[str, str]) -> str | None:
    return cookies.get(cookie_name_for(settings))


async def actor_by_token(database: Database, token: str | None) -> Actor | None:
    if not token:
        return None
    async with database.system_statement() as connection:
        return await accounts.actor_of(connection, token)


async def check_link(database: Database, token: str | None) -> None:
    """Raise `LinkEnded` for a token that nobody is known by any more, if it came of a direct link."""
    if not token:
        return
    async with database.system() as connection:
        if await accounts.is_visit(connection, token):
            raise LinkEnded


async def actor_of_environ(database: Database, settings: Settings, environ: dict[str, Any]) -> tuple[Actor, str] | None:
    """Who opens a socket, and by which token, from the handshake's cookie. Raises `LinkEnded`."""
    token = token_of(settings, environ["aiohttp.request"].cookies)
    actor = await actor_by_token(database, token)
    if actor is None:
        await check_link(database, token)
    return (actor, token) if actor and token else None


def remember(response: web.StreamResponse, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name_for(settings),
        token,
        max_age=int(accounts.absolute_limit.total_seconds()),
        httponly=True,
        secure=settings.secure,
        samesite="Lax",
        path="/",
    )


def forget(response: web.StreamResponse, settings: Settings, name: str = cookie_name) -> None:
    response.del_cookie(
        cookie_name_for(settings, name), path="/", secure=settings.secure, httponly=True, samesite="Lax"
    )


def remember_step(response: web.StreamResponse, settings: Settings, token: str, seconds: float) -> None:
    name = cookie_name_for(settings, step_cookie)
    response.set_cookie(
        name, token, max_age=int(seconds), httponly=True, secure=settings.secure, samesite="Strict", path="/"
    )


def remember_place(response: web.StreamResponse, settings: Settings, slug: str) -> None:
    name = cookie_name_for(settings, place_cookie)
    response.set_cookie(name, slug, max_age=one_year, httponly=True, secure=settings.secure, samesite="Lax", path="/")


def cookie_of(request: web.Request, name: str) -> str:
    return request.cookies.get(cookie_name_for(request.app[SETTINGS], name), "")


def remember_for_a_day(response: web.StreamResponse, settings: Settings, name: str, value: str) -> None:
    """What a direct link needs: no session's door is open for longer."""
    name = cookie_name_for(settings, name)
    response.set_cookie(name, value, max_age=one_day, httponly=True, secure=settings.secure, samesite="Lax", path="/")


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a post that another site sent. Browsers say where a post comes from in Sec-Fetch-Site or Origin
    (Fetch Metadata, W3C); something that bears our cookie and says neither is no browser of today. A token that a
    program puts into Authorization is nothing that another site could make a browser send."""
    if request.method in ("GET", "HEAD", "OPTIONS") or bearer_of(request) is not None:
        return await handler(request)
    settings = request.app[SETTINGS]
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    bears_cookie = cookie_name_for(settings) in request.cookies
    anonymous = origin is None and site is None and not bears_cookie
    allowed = origin in settings.origins or site == "same-origin" or anonymous
    if not allowed:
        raise web.HTTPForbidden(text="This form was sent from another site. Please open the clinic's own page.")
    return await handler(request)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Set request[ACTOR] if a person is signed in or a program acts for them, or request[VISITOR] if they came by a
    direct link (A-15). Beside a token a cookie counts for nothing."""
    if request.path.startswith("/static/") or is_operators(request):
        return await handler(request)
    if (bearer := bearer_of(request)) is not None:
        request[ACTOR] = await _program(request, bearer)
        return await handler(request)
    token = token_of(request.app[SETTINGS], request.cookies)
    if actor := await actor_by_token(request.app[DATABASE], token):
        request[ACTOR if may_use_portal(actor) else VISITOR] = actor
    return await handler(request)


def is_operators(request: web.Request) -> bool:
    """Whether `/metrics` is asked for with its own token, which is the operator's and no account's."""
    token, told = request.app[SETTINGS].metrics_token, bearer_of(request)
    return (
        request.path == "/metrics"
        and None not in (token, told)
        and compare_digest(str(told).encode(), str(token).encode())
    )


async def _program(request: web.Request, token: str) -> Actor:
    """Whom this token acts for. Raises `TokenRefused`, or `OutOfScope` where none of its scopes opens the route."""
    async with request.app[DATABASE].system() as connection:
        actor = await tokens.actor_of(connection, token)
    if actor is None:
        await allow(request, "token")
        raise TokenRefused
    scopes.require(request, actor)
    return actor


def signed_in(handler: Callable[[web.Request, Actor], Awaitable[web.StreamResponse]]) -> Handler:
    """A handler for signed-in people: others are sent to sign in, and come back to the page afterwards. Whoever came by
    a direct link finds nothing here."""

    async def check(request: web.Request) -> web.StreamResponse:
        if VISITOR in request:
            raise NotFound
        return await handler(request, _known(request, request.get(ACTOR)))

    return _named(check, handler)


def visiting(handler: Callable[[web.Request, Actor], Awaitable[web.StreamResponse]]) -> Handler:
    """`signed_in`, open also to whoever came by a direct link: a session's own page and steps. The verbs ask which
    session it was (people/access.py, may_join)."""

    async def check(request: web.Request) -> web.StreamResponse:
        actor = request.get(VISITOR) or request.get(ACTOR)
        if actor is None:
            await check_link(request.app[DATABASE], token_of(request.app[SETTINGS], request.cookies))
        return await handler(request, _known(request, actor))

    return _named(check, handler)


def _known(request: web.Request, actor: Actor | None) -> Actor:
    if actor is None and wants_json(request):
        raise SignedOut
    if actor is None:
        ended = "&ended=1" if cookie_name_for(request.app[SETTINGS]) in request.cookies else ""
        raise web.HTTPSeeOther(location=f"/?then={quote(_came_from(request))}{ended}")
    return actor


def _came_from(request: web.Request) -> str:
    """The page to come back to: the one asked for, or the one whose form was sent."""
    if request.method == "GET":
        return request.path_qs
    referer = urlsplit(request.headers.get("Referer", ""))
    ours = f"{referer.scheme}://{referer.netloc}" in request.app[SETTINGS].origins
    return referer.path if ours and referer.path else "/dashboard"


def _named(check: Handler, handler: Callable[..., Any]) -> Handler:
    check.__name__ = handler.__name__
    check.__doc__ = handler.__doc__
    check.__module__ = handler.__module__
    return check


def _is_secret(path: str) -> bool:
    secret = ("/reset/", "/setup/", "/email/", "/confirm/")
    return path.startswith("/join/") or any(part in path for part in secret)


def _stripe_sources(request: web.Request) -> dict[str, str]:
    """What the page for cards may load from Stripe (docs.stripe.com/security/guide, Content Security Policy); no other
    page may load anything from anywhere."""
    if not (request.path.startswith("/account/invoices/") and request.path.endswith("/pay")):
        return {}
    if (stand_in := request.app[SETTINGS].stripe_api_url) is not None:
        connect = scripts = frames = stand_in
    else:
        connect, scripts = "https://api.stripe.com", "https://js.stripe.com https://*.js.stripe.com"
        frames = f"{scripts} https://hooks.stripe.com"
    return {"connect": f" {connect}", "more": f"; script-src 'self' {scripts}; frame-src {frames}"}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer. Only a visit's page may use camera and microphone."""
    settings = request.app[SETTINGS]
    sockets = " ".join(origin.replace("http", "ws", 1) for origin in settings.origins)
    visit = request.path.startswith("/sessions/")
    if visit:
        sockets += " " + settings.nodes  # the room may be held by another process
    media = "(self)" if visit else "()"
    stripe = _stripe_sources(request)
    response.headers.update(
        {
            "Permissions-Policy": f"camera={media}, microphone={media}, display-capture={media}, geolocation=()",
            # Not no-referrer: under it browsers send `Origin: null` with our own forms. The addresses of a direct link
            # and of a new password are secrets, so their pages bear it nevertheless; Sec-Fetch-Site still tells where
            # their forms come from.
            "Referrer-Policy": "no-referrer" if _is_secret(request.path) else "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
    )
    response.headers.setdefault(  # what somebody sent is served under a stricter one (web/downloads.py)
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
        f"connect-src 'self' {sockets}{stripe.get('connect', '')}; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors 'none'{stripe.get('more', '')}",
    )
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if settings.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
