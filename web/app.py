"""The only wiring place: `create_app(settings, urls)` makes every part and says who calls whom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import structlog
from aiohttp import web

from dispatch.closing import Closing
from dispatch.expiry import Expiry
from dispatch.offer_expiry import OfferExpiry
from dispatch.reminders import Reminders
from media.relay import Relay, RelaySettings
from people import registering
from people.access import Actor
from people.passwords import Passwords
from portal.card_payments import CardRefunds
from portal.exporting import Exporting
from portal.form_reminders import FormReminders
from portal.papers import Papers
from portal.stripe_cards import Cards
from portal.stripe_sweep import StripeSweep
from records.database import Database, DatabaseUrls, Unavailable
from records.feed import Feed
from records.files import Files
from records.jobs import Work, Worker
from signalling.rooms import Rooms
from web import auth, chores, deciding, shared_leases, view
from web.absence import Absence
from web.board_clock import BoardClock
from web.board_socket import ActorOf, BoardSocket
from web.connection_limits import ConnectionLimits
from web.drain import Drain
from web.failures import access_log, failures
from web.garbage import Garbage
from web.keys import (
    CARDS,
    DATABASE,
    DRAIN,
    EXAMINING,
    FEED,
    FILES,
    LEASES,
    LIMITS,
    PAPERS,
    PASSWORDS,
    RELAY,
    SETTINGS,
    SOCKETS,
    TEMPLATES,
    VISITS,
)
from web.limiter import Limits
from web.live import Live
from web.mailer import Mailer
from web.network import client_address, network_of
from web.newcomers import Newcomers
from web.presence import Presence
from web.routes import ROUTES
from web.session_socket import SessionSocket
from web.settings import Settings
from web.sign_in_watch import SignInWatch
from web.socket_server import create_socket_server
from web.visits import Visits

log = structlog.get_logger()
largest_body = 256 * 1024


def create_app(settings: Settings, urls: DatabaseUrls) -> web.Application:
    """The whole process: pages, sockets, feed, jobs and relay. Nothing is connected before it starts, and what starts
    later ends earlier."""
    app = web.Application(
        middlewares=[access_log, failures, auth.identify, auth.same_origin], client_max_size=largest_body
    )
    app.add_routes(ROUTES)
    app.on_response_prepare.append(auth.add_headers)
    _share(app, settings, urls)
    presence = _watch_people(app)
    rooms, visits = _hold_visits(app, presence)
    app[SOCKETS].manager.has_media = lambda: bool(rooms.live)
    _tell_pages(app, urls, presence, visits)
    _do_errands(app, urls, rooms)
    app.on_shutdown.append(lambda _: presence.close())
    app.on_shutdown.append(lambda _: visits.close())
    app.on_shutdown.append(lambda _: app[SOCKETS].shutdown())
    app.on_cleanup.append(_close_cards)
    app.on_cleanup.append(lambda _: app[LEASES].close())
    app.on_cleanup.append(lambda _: app[LIMITS].close())
    return app


def _share(app: web.Application, settings: Settings, urls: DatabaseUrls) -> None:
    """What every handler may reach."""
    app[SETTINGS] = settings
    app[DATABASE] = database = Database(urls)
    app[PASSWORDS] = Passwords()
    app[EXAMINING] = asyncio.Semaphore(1)
    app[FILES] = Files(settings.files_folder)
    app[PAPERS] = Papers()
    app[CARDS] = _cards(settings)
    app[LIMITS] = Limits(settings.redis_url)
    app[TEMPLATES] = view.environment()
    app[SOCKETS] = sockets = create_socket_server(
        settings.origins, connection_limits=ConnectionLimits(_place_of, settings.sockets_per_address)
    )
    app[LEASES] = shared_leases.create(settings.redis_url, settings.public_url)
    app[DRAIN] = Drain(sockets)
    sockets.attach(app)
    app.cleanup_ctx.extend([_opened(database), _running(sockets.end_outsiders(), app[LEASES].run())])


def _watch_people(app: web.Application) -> Presence:
    """Who is here, who may still be, and who has gone."""
    database, sockets, leases = app[DATABASE], app[SOCKETS], app[LEASES]
    presence = Presence(leases)
    deciding.tell_boards(leases, sockets)
    app.cleanup_ctx.append(
        _running(presence.run(), Absence(database, leases).run(), SignInWatch(database, sockets).run())
    )
    return presence


def _hold_visits(app: web.Application, presence: Presence) -> tuple[Rooms, Visits]:
    """The relay, the live rooms, and the socket that people are in them by."""
    settings, drain = app[SETTINGS], app[DRAIN]
    app[RELAY] = relay = Relay(_relay_settings(settings), lambda event: rooms.hear(event))
    rooms = Rooms(relay)
    app[VISITS] = visits = Visits(app[DATABASE], rooms, settings.node_url or settings.public_url)
    windows = SessionSocket(visits, _actor_of(app), presence, lambda: drain.begun)
    app[SOCKETS].register_namespace(windows)
    app.cleanup_ctx.extend([_relaying(relay), _running(rooms.run(), windows.run())])
    return rooms, visits


def _tell_pages(app: web.Application, urls: DatabaseUrls, presence: Presence, visits: Visits) -> None:
    """From a commit to boards, dashboards and visits."""
    sockets = app[SOCKETS]
    boards = BoardSocket(app[DATABASE], _actor_of(app), presence, app[SETTINGS].sockets_per_account)
    sockets.register_namespace(boards)
    # The boards have connections of their own: where many ask at once, people wait for each other, and no board does.
    watching = Database(urls, size=2)
    live = Live(
        watching,
        sockets,
        app[TEMPLATES],
        visits.admission_changed,
        visits.session_changed,
        visits.rights_changed,
        visits.resync,
        boards.revise,
    )
    app[FEED] = feed = Feed(urls.listener, live.hear, live.resync, live.lost)
    clock = BoardClock(app[DATABASE], sockets, live)
    app.cleanup_ctx.extend([_opened(watching), _running(live.run(), clock.run(), feed.run())])


def _do_errands(app: web.Application, urls: DatabaseUrls, rooms: Rooms) -> None:
    """Jobs, and what returns. They have a small pool of their own: however many letters wait, people never wait for a
    connection."""
    errands = Database(urls, size=2)
    expiry, offer_expiry = Expiry(errands), OfferExpiry(errands)
    mailer = Mailer(errands, app[TEMPLATES], app[SETTINGS])
    newcomers = Newcomers(errands)
    exporting = Exporting(errands, app[FILES], app[PAPERS])
    work: dict[str, Work] = {
        "send_mail": mailer.send,
        "expire_request": expiry.expire,
        registering.APPROVE: newcomers.approve,
        "expire_offer": offer_expiry.expire,
        "make_export": exporting.make,
        "refund_card": CardRefunds(errands, app[CARDS]).give_back,
    }
    garbage = Garbage(is_quiet=lambda: not rooms.live)
    app.cleanup_ctx.extend(
        [
            _opened(errands),
            _running(
                chores.run(errands, chores.all_of(app[FILES], exporting)),
                Closing(errands).run(),
                Reminders(errands).run(),
                StripeSweep(errands, app[CARDS]).run(),
                FormReminders(errands).run(),
                garbage.run(),
            ),
            _working(Worker(urls.system, work)),
            _sweeping(expiry.sweep, offer_expiry.sweep),
        ]
    )


def _cards(settings: Settings) -> Cards | None:
    return Cards(settings.stripe_secret_key, settings.stripe_api_url) if settings.stripe_secret_key else None


async def _close_cards(app: web.Application) -> None:
    if (cards := app[CARDS]) is not None:
        await cards.close()


def _actor_of(app: web.Application) -> ActorOf:
    async def actor_of(environ: dict[str, Any]) -> tuple[Actor, str] | None:
        return await auth.actor_of_environ(app[DATABASE], app[SETTINGS], environ)

    return actor_of


def _place_of(request: web.Request) -> str:
    return network_of(client_address(request))


def _relay_settings(settings: Settings) -> RelaySettings:
    return RelaySettings(
        bind=settings.media_bind,
        advertise=settings.media_advertise or settings.media_bind,
        port=settings.media_port,
    )


def _opened(database: Database) -> Any:
    async def context(_: web.Application) -> AsyncIterator[None]:
        await database.open()
        yield
        await database.close()

    return context


def _relaying(relay: Relay) -> Any:
    async def context(_: web.Application) -> AsyncIterator[None]:
        await relay.start()
        yield
        log.info("media_port.closed", **asdict(relay.port_statistics()))
        await relay.close()

    return context


def _running(*endless: Coroutine[Any, Any, None]) -> Any:
    async def context(_: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(each) for each in endless]
        for task in tasks:
            task.add_done_callback(_must_not_end)
        yield
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task

    return context


def _must_not_end(task: asyncio.Task[None]) -> None:
    """A part that runs for ever has ended by itself: better no process than one that looks alive."""
    if not task.cancelled():
        log.critical("task.ended", name=task.get_coro().__qualname__, exc_info=task.exception())  # type: ignore[union-attr]
        raise web.GracefulExit


def _sweeping(*sweeps: Callable[[], Awaitable[None]]) -> Any:
    """What was due while no process ran, or whose job was lost."""

    async def context(_: web.Application) -> AsyncIterator[None]:
        try:
            for sweep in sweeps:
                await sweep()
        except Unavailable:
            log.warning("expiry.unswept")
        yield

    return context


def _working(worker: Worker) -> Any:
    async def context(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(worker.run())
        yield
        worker.stop()
        await asyncio.wait([task], timeout=10)

    return context
