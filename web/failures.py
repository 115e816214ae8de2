"""The middleware that turns a known error into an answer, and an unknown one into a log line and a plain apology."""

import asyncio
import uuid

import structlog
from aiohttp import web
from yarl import URL

from people.errors import NotFound
from web.auth import Handler
from web.errors import TABLE, body_of, headers_of, sentence_of, status_of
from web.face import wants_json
from web.network import Address, client_address, network_of
from web.view import page

log = structlog.get_logger()


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        if not (request.path.isascii() and request.path.isprintable()) or "\0" in request.query_string:
            raise NotFound
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        refused = _tell(request, error.status, {"error": "refused", "message": _words(error), "field": None})
        if "Allow" in error.headers:
            refused.headers["Allow"] = error.headers["Allow"]
        return refused
    except tuple(TABLE) as error:
        answer = _tell(request, status_of(error), body_of(error), sentence_of(error))
        answer.headers.update(headers_of(error))
        return answer
    except Exception as error:
        if isinstance(error, ConnectionError) and _is_gone(request):
            return web.Response(status=400)  # they left in the middle of sending: nobody to answer, nothing to mend
        trouble = uuid.uuid4().hex[:8]
        log.exception("request.failed", route=_route(request), trouble=trouble)
        told = f"Something went wrong on our side; it was written down as {trouble}. Nothing you sent was kept."
        return _tell(request, 500, {"error": "failed", "message": told, "field": None})


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _words(error: web.HTTPException) -> str:
    if error.status == 404:
        return "This page does not exist, or it is not yours to see."
    if error.status == 405:
        return "That cannot be done here."
    return error.text or error.reason


def _tell(request: web.Request, status: int, body: dict[str, object], sentence: str | None = None) -> web.Response:
    if wants_json(request):
        return web.json_response(body, status=status)
    told = sentence or body["message"]
    return page(request, "error.html", status=status, sentence=told, code=body["error"], back=_back(request))


def _back(request: web.Request) -> str | None:
    """The page of ours that led here, if the browser names one."""
    try:
        before = URL(request.headers.get("Referer", ""))
        ours = before.authority == request.host and before.path != request.path and not before.path.startswith("//")
    except ValueError:
        return None
    return before.path_qs if ours else None


def _route(request: web.Request) -> str:
    """The route's pattern, never the path: paths hold ids."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request with the client's network, without path, query or name; written when it is answered."""
    address = client_address(request)  # asked now: a socket that has ended has no address any more
    soon = asyncio.get_running_loop().call_soon
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        soon(_log, request, redirect.status, address)
        raise
    soon(_log, request, response.status, address)
    return response


def _log(request: web.Request, status: int, address: Address) -> None:
    if not request.path.startswith("/static/"):
        network = network_of(address)
        log.info("request", method=request.method, route=_route(request), status=status, network=network)
