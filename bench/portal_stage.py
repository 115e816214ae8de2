"""What the portal's benchmark stands on: clients with forms to sign and invoices, and one long thread."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from bench.portal_floor import BarePapers
from bench.stage import Stage, add_people, signed_in
from people.access import Actor
from people.entitlements import Features
from portal import form_content, intake_forms, invoice_papers, invoices, sealing, signatures
from records.database import Connection, Database, connect
from tests.e2e.server import Server
from web.keys import DATABASE
from web.pages import messages as message_pages

CLIENTS = 60
MESSAGES = """
    INSERT INTO message (organization_id, thread_id, author_id, body, sent_at)
    SELECT thread.organization_id, thread.id, member.account_id,
           'Message ' || number || ': ' || repeat('words ', number % 60),
           clock_now() - (20000 - number) * interval '1 minute'
    FROM thread, generate_series(1, $2::int) AS number
    CROSS JOIN LATERAL (SELECT account_id FROM thread_member WHERE thread_id = $1 ORDER BY account_id
                        OFFSET number % 2 LIMIT 1) AS member
    WHERE thread.id = $1"""
ASSOCIATE = """
    WITH seat AS (INSERT INTO portal_seat (organization_id, account_id, subscribed)
                  SELECT organization_id, id, true FROM account WHERE id = $2)
    INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
    SELECT client.organization_id, client.id, $2, department.id FROM client
    JOIN department ON department.organization_id = client.organization_id WHERE client.id = $1 LIMIT 1"""
INTAKE = """
    INSERT INTO intake (organization_id, client_id, form_id, version_id, sent_by, state, answers, revision, saved_at)
    SELECT client.organization_id, client.id, version.form_id, version.id, $2, 'started', $4::json, 1, clock_now()
    FROM client, intake_form_version AS version WHERE client.account_id = $1 AND version.id = $3 RETURNING public_id"""


@dataclass(frozen=True)
class ToSign:
    """A form before a client, all of it answered."""

    intake: str
    account_id: int
    cookie: str
    fields: list[str]


@dataclass(frozen=True)
class LongThread:
    """Its address, what its page renders, and its key."""

    path: str
    template: str
    values: dict[str, Any]
    id: int


@dataclass
class Desk:
    """Everything by name; `host` is the actor whose pages are read."""

    owner: Connection
    database: Database
    session: ClientSession
    url: str
    organization_id: int
    clients: list[int]
    cookies: list[str]
    host: Actor
    administrator: Actor
    host_cookie: str
    version: Mapping[str, Any]
    dsn: str

    def client(self, account_id: int) -> Actor:
        roles = frozenset({"client"})
        return Actor(account_id, self.organization_id, "", f"Client {account_id}", "active", roles)

    async def sealing_key(self) -> sealing.SealingKey:
        async with self.database.transaction(self.host) as connection:
            return await sealing.key_of(connection, self.host)

    # Signing

    async def form_to_sign(self, number: int) -> ToSign:
        content = self.version["content"]
        answers = {field["key"]: answer(field) for field in form_content.asked(content)}
        account_id = self.clients[number]
        intake = await self.owner.fetchval(INTAKE, account_id, self.host.account_id, self.version["id"], answers)
        fields = [field["key"] for field in form_content.signatures(content)]
        return ToSign(intake, account_id, self.cookies[number], fields)

    def sign(self, form: ToSign) -> Any:
        async def post() -> None:
            names = {f"name-{key}": f"Client {form.account_id}" for key in form.fields}
            await self.post(f"/forms/{form.intake}/sign", form.cookie, {"revision": "1", "agree": "true", **names})

        return post

    async def bare_data(self, form: ToSign) -> dict[str, Any]:
        """What our paper of this form is made of."""
        actor = self.client(form.account_id)
        async with self.database.transaction(actor) as connection:
            row = await signatures.filling.find(connection, actor, form.intake)
            held = await signatures.queries.hold(connection, id=row["id"])
        given = [signatures.Signature(key, "Signature", actor.name, None) for key in form.fields]
        return signatures.paper_of(held, given, actor.name, signatures.Signer("127.0.0.1", "127.0.0.0", "bench"))

    def bare_form(self, bare: BarePapers, data: dict[str, Any]) -> Any:
        async def make() -> None:
            await asyncio.to_thread(lambda: bare.seal(bare.render("form", data)))

        return make

    # Invoices

    async def invoice(self, number: int) -> tuple[str, str, dict[str, Any]]:
        """One that is issued, with three lines: its public id, its client's cookie, and what its paper is made of."""
        lines = [invoices.Line(f"Visit {number}.{line}", "1", f"{40 + line}.50") for line in range(3)]
        account_id = self.clients[number]
        file = await self.owner.fetchval("SELECT public_id FROM client WHERE account_id = $1", account_id)
        async with self.database.transaction(self.administrator) as connection:
            made = await invoices.create(connection, self.administrator, file, lines, "Thank you.")
            await invoices.issue(connection, self.administrator, made["public_id"])
            standing = await invoices.find(connection, self.administrator, made["public_id"])
            return made["public_id"], self.cookies[number], await invoice_papers.data(connection, standing)

    def print_invoice(self, invoice: str, cookie: str) -> Any:
        return self.get(f"/account/invoices/{invoice}/pdf", cookie)

    def bare_invoice(self, bare: BarePapers, data: dict[str, Any]) -> Any:
        async def make() -> None:
            await asyncio.to_thread(bare.render, "invoice", data)

        return make

    # A thread

    async def long_thread(self, count: int) -> LongThread:
        """Secure messages of the host and the first client, so many; and twice as many in other threads."""
        file = await self.owner.fetchval("SELECT id FROM client WHERE account_id = $1", self.clients[0])
        await self.owner.execute(ASSOCIATE, file, self.host.account_id)
        long: Mapping[str, Any] = {}
        for number in range(21):
            thread = await self.owner.fetchrow(
                "INSERT INTO thread (organization_id, kind, client_id, staff_id, subject) "
                "VALUES ($1, 'direct', $2, $3, 'A long talk') RETURNING id, public_id",
                self.organization_id,
                file,
                self.host.account_id,
            )
            await self.owner.execute(
                "INSERT INTO thread_member (organization_id, thread_id, account_id) "
                "SELECT $1, $2, unnest($3::bigint[])",
                self.organization_id,
                thread["id"],
                [self.host.account_id, self.clients[0]],
            )
            await self.owner.execute(MESSAGES, thread["id"], count // 10 if number else count)
            long = long or thread
        await self.owner.execute("UPDATE thread_member SET read_until = 1000000000, read_at = clock_now()")
        await self.owner.execute("VACUUM ANALYZE")
        template, values = await rendered_by(message_pages, self.database, self.host, {"thread": long["public_id"]})
        return LongThread(f"/messages/{long['public_id']}", template, values, long["id"])

    # HTTP

    async def post(self, path: str, cookie: str, fields: dict[str, str]) -> None:
        headers = {"Cookie": cookie, "Origin": self.url, "Accept": "application/json"}
        async with self.session.post(self.url + path, data=fields, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    def get(self, path: str, cookie: str = "") -> Any:
        async def read() -> None:
            async with self.session.get(self.url + path, headers={"Cookie": cookie or self.host_cookie}) as answer:
                await answer.read()
                assert answer.status == 200, answer.status

        return read


def answer(field: Mapping[str, Any]) -> Any:
    """Something that each kind of question takes."""
    if field["kind"] == "choices":
        return field["choices"][:2]
    if field["kind"] == "scale":
        return field["least"]
    return {"consent": True, "date": "1990-05-04", "choice": (field.get("choices") or [""])[0]}.get(
        field["kind"], "Some words that somebody wrote here, as people do."
    )


async def rendered_by(
    pages: Any, database: Database, actor: Actor, names: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """The template and the values of a page, as its own handler has them."""
    request = SimpleNamespace(query={}, match_info=names, app={DATABASE: database}, path="/messages/1")
    page = pages.page
    pages.page = lambda _, name, status=200, **values: (name, values)
    try:
        template, values = await pages.thread_again(request, actor, {}, None)
    finally:
        pages.page = page
    shown = {"actor": actor, "demo": False, "path": "/messages/1", "features": actor.features, **values}
    return template, plain(shown)


def plain(value: Any) -> Any:
    """Rows as dictionaries, so that another process can have them."""
    if isinstance(value, Mapping) or hasattr(value, "keys"):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@asynccontextmanager
async def desk(made: Stage, server: Server) -> AsyncIterator[Desk]:
    owner, database = await connect(made.place.owner), Database(made.place.urls)
    await database.open()
    await owner.execute("UPDATE organization SET portal_messages = true, portal_forms = true, portal_payments = true")
    clients = await add_people(owner, "client", CLIENTS)
    (host_id,) = await add_people(owner, "host", 1)
    await owner.execute("UPDATE account SET password_hash = 'none' WHERE id = ANY ($1::bigint[])", clients)
    row = await owner.fetchrow("SELECT organization_id, name FROM account WHERE id = $1", host_id)
    host = Actor(host_id, row["organization_id"], "host", row["name"], "active", frozenset({"practitioner"}),
                 features=Features(True, True, True, True))  # fmt: skip
    olivia = await owner.fetchval(
        "SELECT id FROM account WHERE username = 'olivia' AND organization_id = $1", host.organization_id
    )
    administrator = Actor(
        olivia, host.organization_id, "", "Olivia", "active", frozenset({"organization_administrator"})
    )
    async with database.transaction(host) as connection:
        await intake_forms.make_standard(connection, host)
    version = await owner.fetchrow(
        "SELECT version.id, content FROM intake_form_version AS version JOIN intake_form ON intake_form.id = form_id "
        "WHERE standard = 'informed_consent' AND version.organization_id = $1",
        host.organization_id,
    )
    cookies, (host_cookie,) = await signed_in(owner, clients), await signed_in(owner, [host_id])
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Desk(owner, database, session, server.url, host.organization_id, clients, cookies, host, administrator,
                   host_cookie, version, made.place.owner)  # fmt: skip
    await database.close()
    await owner.close()
