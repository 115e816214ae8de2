"""The demo mailbox: all mail that would have left. It exists in demo mode only."""

from aiohttp import web

from people.errors import NotFound
from records import mail
from web.keys import DATABASE, SETTINGS
from web.view import page


async def mailbox(request: web.Request) -> web.StreamResponse:
    """`/mailbox`"""
    if not request.app[SETTINGS].demo:
        raise NotFound
    async with request.app[DATABASE].system() as connection:
        letters = await mail.newest(connection)
    return page(request, "mailbox/page.html", letters=letters)
