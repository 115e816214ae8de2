"""General Documents of a client (R-146), a client's own copies, and the download of one."""

from aiohttp import web

from people.access import Actor
from portal import documents, exports
from web.auth import signed_in
from web.downloads import attachment
from web.keys import DATABASE, FILES
from web.pages.exports import is_part, is_running
from web.view import page


@signed_in
async def of_client(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/clients/{client}/documents`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        file, found = await documents.of_client(connection, actor, request.match_info["client"])
    return page(request, "documents/of_client.html", file=file, documents=found)


@signed_in
async def own(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/account/documents`: what one signed, and one's data to take along; `part` gives how far that is."""
    async with request.app[DATABASE].transaction(actor) as connection:
        found = await documents.own(connection, actor)
        asked = await exports.own(connection, actor)
        has_own = await exports.has_own(connection, actor)
    template = "exports/_state.html" if is_part(request) else "documents/own.html"
    return page(request, template, documents=found, exports=asked, running=is_running(asked), has_own=has_own)


@signed_in
async def download(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/documents/{document}`"""
    async with request.app[DATABASE].transaction(actor) as connection:
        opened = await documents.open_one(connection, actor, request.match_info["document"], request.app[FILES])
    return attachment(opened.content, f"{opened.title} {opened.created_at:%Y-%m-%d}.pdf", "application/pdf")
