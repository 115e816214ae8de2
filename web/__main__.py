"""The command line: `anteroom serve`, `anteroom migrate`, `anteroom add-organization`, `anteroom seed`, `anteroom
verify-audit`, `anteroom verify-documents`."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
import typer
import uvloop
from aiohttp import web
from rich.console import Console
from rich.table import Table

from dispatch import seed as seeding
from people import organizations
from people.errors import UserError
from people.passwords import Passwords
from portal import seed as portal_seed
from records import schema
from records.database import Connection, Database, DatabaseUrls, Unavailable, connect
from records.embedded import EmbeddedServer, EmbeddedServerError
from records.files import Files
from records.provision import Place, provision
from web import audit_report, document_report, logs
from web.app import create_app
from web.keys import DRAIN
from web.settings import Settings, SettingsError, load
from web.simulate import Day, NobodyHere, Simulation, show

log = structlog.get_logger()
cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
demo_slug = "harbor"
demo_password = "anteroom-demo"


def main() -> None:
    """Run the command line; what the operator can mend is one line and exit code 2."""
    logs.configure()
    try:
        cli()
    except (SettingsError, EmbeddedServerError, schema.SchemaMismatch, Unavailable, UserError) as error:
        print(f"anteroom: {error}", file=sys.stderr)
        sys.exit(2)


@cli.command()
def serve(
    demo: bool = typer.Option(False, help="a demo organization and a mailbox page for trying things out"),
) -> None:
    """Serve pages, sockets and media until Ctrl-C."""
    settings = load(demo=demo or None)
    if settings.redis_url and not settings.node_url:
        log.warning("node_url.missing", reason="several processes need one each, or a visit may be held twice")
    require_free(settings.host, settings.port, socket.SOCK_STREAM, "PORT")
    require_free(settings.media_bind, settings.media_port, socket.SOCK_DGRAM, "MEDIA_PORT")
    with placed(settings) as place:
        uvloop.run(prepare(settings, place))
        if settings.demo:
            print_demo(settings)
        app = create_app(settings, place.urls)
        app.on_startup.append(drain_at_signals)
        web.run_app(
            app,
            host=settings.host,
            port=settings.port,
            loop=uvloop.new_event_loop(),
            print=lambda _: print(f"Anteroom is open at {settings.public_url} (Ctrl-C closes it)", flush=True),
            access_log=None,
            keepalive_timeout=15,
            shutdown_timeout=5,
        )


def require_free(host: str, port: int, kind: socket.SocketKind, setting: str) -> None:
    """Raise `SettingsError` if something else has the port, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(f"port {port} on {host} cannot be had ({error.strerror}); set {setting}") from None


async def drain_at_signals(app: web.Application) -> None:
    """SIGHUP ends the server as SIGTERM and Ctrl-C do, so that a closed terminal leaves no database running."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, app[DRAIN].begin)


@cli.command()
def migrate() -> None:
    """Bring the database's schema up to this version."""
    with placed(load()) as place:
        done = uvloop.run(_migrate(place.owner))
    print("schema created" if done else "schema is up to date")


@cli.command("add-organization")
def add_organization(
    slug: str = typer.Argument(help="its part of the address: clients begin at /at/<slug>"),
    name: str = typer.Argument(help="what it is called"),
    administrator: str = typer.Option(help="the name of its first organization administrator"),
    email: str = typer.Option(help="their address: the link to set up the account goes there"),
    zone: str = typer.Option("UTC", help="its time zone, such as Europe/Lisbon"),
) -> None:
    """Begin an organization; everything else its administrator does in the browser."""
    settings = load()
    with placed(settings) as place:
        uvloop.run(_begin(place.owner, slug, name, zone, administrator, email))
    print(f"{settings.public_url}/at/{slug}: a link to set up the account goes to {email} once a server runs")


@cli.command()
def seed(
    orgs: int = typer.Option(1, min=1, max=1000, help="how many organizations"),
    as_json: bool = typer.Option(False, "--json", help="print logins, public ids and links as JSON"),
    password: str = typer.Option(demo_password, help="the password of every seeded account"),
    clients: int = typer.Option(0, min=0, max=1000, help="how many more clients in each, named client-1 and so on"),
) -> None:
    """Create organizations with departments and every role, for demos and outside test suites."""
    settings = load()
    with placed(settings) as place:
        made = uvloop.run(_seed(place, orgs, password, clients))
    result = {"public_url": settings.public_url, "password": password, "organizations": made}
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        print_logins(settings, made, password)


@cli.command("verify-audit")
def verify_audit(
    head: bool = typer.Option(False, "--head", help="print where each chain ends, as JSON, to be kept elsewhere"),
    against: str = typer.Option("", help="a file with heads that were kept: they must still be in the chains"),
) -> None:
    """Check that no line of the audit was changed, removed, put in between or moved; exit code 1 if one was."""
    with placed(load()) as place:
        if head:
            print(json.dumps(uvloop.run(audit_report.heads(place.urls.system)), indent=2))
        elif not uvloop.run(audit_report.verify(place.urls.system, Path(against) if against else None)):
            raise typer.Exit(1)


@cli.command("verify-documents")
def verify_documents() -> None:
    """Check that each signed document, signature and published form is what it was; exit code 1 if one is not. The
    proof stands in the audit: run verify-audit, too."""
    settings = load()
    with placed(settings) as place:
        if not uvloop.run(document_report.verify(place.urls, Files(settings.files_folder))):
            raise typer.Exit(1)


@cli.command()
def simulate(
    url: str = typer.Option("", help="the server's address; without, PUBLIC_URL"),
    rate: float = typer.Option(6.0, min=0.1, max=6000, help="requests a minute"),
    minutes: float = typer.Option(5.0, min=0.05, help="how long"),
    draws: int = typer.Option(1, "--seed", help="the same number draws the same intentions"),
    organization: str = typer.Option(demo_slug, help="whose people take part"),
    clients: int = typer.Option(0, min=0, help="how many of `seed --clients`, besides the demo's"),
    password: str = typer.Option(demo_password, help="the password of all of them"),
) -> None:
    """Live a busy day against a running server: clients ask, schedulers decide, hosts come and go."""
    people = {role: tuple(each.username for each in seeding.PEOPLE if role in each.roles)
              for role in ("client", "scheduler", "practitioner")}  # fmt: skip
    asking = (*people["client"], *seeding.more_clients(clients))
    day = Day(
        url.rstrip("/") or load().public_url, organization, password, rate, minutes, draws,
        asking, people["scheduler"], people["practitioner"],
    )  # fmt: skip
    simulation = Simulation(day)
    try:
        uvloop.run(show(simulation, Console()))
    except NobodyHere:
        raise SettingsError(
            f"no client of {organization} can sign in at {day.url}: seed it, or give its password"
        ) from None
    if simulation.tally.broken:
        raise typer.Exit(1)


@contextmanager
def placed(settings: Settings) -> Iterator[Place]:
    """Where the database is: the environment's, or an embedded server that runs while the block does."""
    if settings.database_url:
        yield _external(settings)
        return
    server = EmbeddedServer(settings.data_dir / "postgres")
    with server:
        yield asyncio.run(provision(server))


def _external(settings: Settings) -> Place:
    missing = [name for name in ("database_owner_url", "database_system_url") if not getattr(settings, name)]
    if missing or settings.database_url is None or settings.database_system_url is None:
        raise SettingsError(f"{missing[0].upper()}: must be set together with DATABASE_URL")
    listener = settings.database_listener_url or settings.database_system_url
    urls = DatabaseUrls(settings.database_url, settings.database_system_url, listener)
    return Place(owner=str(settings.database_owner_url), urls=urls)


async def prepare(settings: Settings, place: Place) -> None:
    """Make the schema of an embedded or demo database, and the demo organization; check any other."""
    connection = await connect(place.owner)
    try:
        if settings.database_url is None or settings.demo:
            await schema.migrate(connection)
        else:
            await schema.check(connection)
        if settings.demo and demo_slug not in {row["slug"] for row in await seeding.queries.slugs(connection)}:
            await _organizations(connection, place, 1, demo_password)
    finally:
        await connection.close()


async def _migrate(owner_url: str) -> bool:
    connection = await connect(owner_url)
    try:
        return await schema.migrate(connection)
    finally:
        await connection.close()


async def _seed(place: Place, orgs: int, password: str, clients: int) -> list[dict[str, Any]]:
    connection = await connect(place.owner)
    try:
        await schema.migrate(connection)
        return await _organizations(connection, place, orgs, password, clients)
    finally:
        await connection.close()


async def _begin(owner_url: str, slug: str, name: str, zone: str, administrator: str, email: str) -> None:
    connection = await connect(owner_url)
    try:
        await schema.migrate(connection)
        await organizations.begin(connection, slug, name, zone, administrator, email)
    finally:
        await connection.close()


async def _organizations(
    connection: Connection, place: Place, orgs: int, password: str, clients: int = 0
) -> list[dict[str, Any]]:
    """`orgs` more organizations; the first ever is the demo's."""
    password_hash = await Passwords().hash(password)
    made = []
    async with connection.transaction():
        taken = {row["slug"] for row in await seeding.queries.slugs(connection)}
        free = (slug for number in range(1, orgs + len(taken) + 1) if (slug := _slug(number)) not in taken)
        for slug, _ in zip(free, range(orgs), strict=False):
            name = "Harbor Health" if slug == demo_slug else f"Harbor Health {slug.rsplit('-', 1)[1]}"
            made.append(await seeding.organization(connection, slug, name, password_hash, "Europe/Lisbon", clients))
            await seeding.files(connection, slug)
            await seeding.newcomers(connection, slug, password_hash)
            await seeding.waiting(connection, slug)
            await seeding.choosing(connection, slug)
    await _portals(connection, place, [one["slug"] for one in made])
    return made


async def _portals(owner: Connection, place: Place, slugs: list[str]) -> None:
    """What people do in the portal is done as people do it: with the app's role, one organization at a time."""
    database = Database(place.urls)
    await database.open()
    try:
        for slug in slugs:
            administrator = await portal_seed.administrator(owner, slug)
            async with database.transaction(administrator) as connection:
                await portal_seed.demo(connection, administrator)
    finally:
        await database.close()


def _slug(number: int) -> str:
    return demo_slug if number == 1 else f"{demo_slug}-{number}"


def print_demo(settings: Settings) -> None:
    """The one table of a first start: who to be, and where each begins."""
    people = [
        {"name": person.name, "username": person.username, "roles": list(person.roles)} for person in seeding.PEOPLE
    ]
    print_logins(settings, [{"name": "Harbor Health", "slug": demo_slug, "logins": people}], demo_password)
    Console().print(f"Mail lands in {settings.public_url}/mailbox")


def print_logins(settings: Settings, organizations: list[dict[str, Any]], password: str) -> None:
    for made in organizations:
        address = f"{settings.public_url}/at/{made['slug']}/sign-in"
        table = Table(title=f"{made['name']}: sign in at {address}", title_justify="left", title_style="bold")
        for column in ("user name", "password", "who", "role", "begins at"):
            table.add_column(column)
        for login in made["logins"]:
            roles = ", ".join(role.replace("_", " ") for role in login["roles"])
            start = "/board" if login["roles"] == ["scheduler"] else "/dashboard"
            table.add_row(login["username"], password, login["name"], roles, start)
        Console(width=max(100, Console().width)).print(table)


if __name__ == "__main__":
    main()
