"""People of every role, and one of everything that an address may name, at every distance from them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dispatch import direct_links, instant, requests, waitlist
from people import accounts
from people.access import Actor
from portal import messages
from portal.attachments import Attached, Bundle
from records.database import Connection, Database
from records.files import Files
from tests.rights.forms_world import add_forms, make_standard
from tests.support import actor as known_actor

OWN, DEPARTMENT, ORGANIZATION, OTHER, NONE = (
    "own",
    "same department",
    "other department",
    "other organization",
    "none",
)


@dataclass(frozen=True)
class Place:
    """Where a thing is: an organization's clinic, with its host and its client."""

    organization: str
    clinic: str
    host: str
    client: str


PLACES = {
    OWN: Place("harbor", "Family clinic", "ben", "chloe"),
    DEPARTMENT: Place("harbor", "Planned care", "theo", "david"),
    ORGANIZATION: Place("harbor", "Talking clinic", "mia", "erin"),
    OTHER: Place("meadow", "Family clinic", "ben", "chloe"),
}


@dataclass(frozen=True)
class Person:
    """Somebody of the cast: how they come (a cookie) and who they then are; nobody for whoever is signed out."""

    role: str
    actor: Actor | None
    cookie: str = ""
    bearer: str = ""
    own: Mapping[str, str] | None = None
    """Ids of things that are this person's, where they are not those of the place OWN."""


@dataclass(frozen=True)
class World:
    """`ids[relation]` names everything of one place."""

    cast: tuple[Person, ...]
    ids: Mapping[str, Mapping[str, str]]

    def ids_for(self, person: Person, relation: str) -> dict[str, str]:
        own = person.own if relation == OWN and person.own else {}
        return {**self.ids[relation], **own}


async def build(database: Database, owner: Connection, files: Files) -> World:
    await owner.execute("UPDATE clinic SET hosts_see_group_queue = true WHERE name = 'Family clinic'")
    for name in ("erin", "nina", "petra", "ivo", "una"):
        await add_account(owner, "harbor", name, "client")
    for name in ("erin", "ivo"):
        await add_file(owner, name)
    await open_messages(owner)
    await allow_to_invite(owner, "ben")
    await make_standard(database, owner)
    ids = {relation: await furnish(database, owner, number) for number, relation in enumerate(PLACES)}
    for relation, place in PLACES.items():
        ids[relation].update(await converse(database, owner, files, place))
        ids[relation].update(await let_choose(database, owner, ids[relation], place))
    return World(tuple(await gather_cast(database, owner, ids[OWN])), ids)


# People


async def allow_to_invite(owner: Connection, username: str) -> None:
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, may_invite) "
        "SELECT id, organization_id, true FROM account WHERE username = $1 "
        "ON CONFLICT (account_id) DO UPDATE SET may_invite = true",
        username,
    )


async def add_account(owner: Connection, slug: str, name: str, role: str, department: str | None = None) -> str:
    """An active account of that role; its public id."""
    made = await owner.fetchrow(
        "INSERT INTO account (organization_id, username, email, name, state) "
        "SELECT id, $2, $2 || '@' || slug || '.example', initcap($2) || ' Cast', 'active' FROM organization "
        "WHERE slug = $1 RETURNING id, organization_id, public_id",
        slug,
        name,
    )
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role, department_id) SELECT $1, $2, $3::role_name, "
        "(SELECT id FROM department WHERE organization_id = $1 AND name = $4)",
        made["organization_id"],
        made["id"],
        role,
        department,
    )
    return str(made["public_id"])


async def add_file(owner: Connection, name: str) -> None:
    await owner.execute(
        "INSERT INTO client (organization_id, account_id, first_name, last_name, email, date_of_birth) "
        "SELECT organization_id, id, initcap(username), 'Cast', email, '1990-01-01' FROM account WHERE username = $1",
        name,
    )


async def gather_cast(database: Database, owner: Connection, own: Mapping[str, str]) -> list[Person]:
    """Every role, in the order of the printed table."""
    await owner.execute("UPDATE account SET state = 'pending' WHERE username IN ('nina', 'petra')")
    await owner.execute(
        "UPDATE account SET password_hash = known.password_hash FROM account AS known "
        "WHERE account.username = 'petra' AND known.username = 'ben'"
    )
    people = [Person("nobody", None)]
    for role, username in (("inactive client", "ivo"), ("unverified account", "una")):
        token = (await signed_in(database, username))[1]
        people.append(Person(role, None, f"anteroom={token}"))
    await owner.execute("UPDATE account SET state = 'inactive' WHERE username = 'ivo'")
    await owner.execute("UPDATE account SET state = 'unverified' WHERE username = 'una'")
    for role, username in (("client by link", "chloe"), ("guest by link", "guest-0"), ("staff by link", "olivia")):
        people.append(await by_link(database, owner, role, username, own))
    for role, username in (("prospect", "nina"), ("pending client", "petra")):
        things = await own_things(database, owner, username)
        people.append(await by_cookie(database, owner, role, username, things))
    for role, username in (
        ("client", "chloe"),
        ("practitioner", "ben"),
        ("scheduler", "sofia"),
        ("care coordinator", "carl"),
        ("department administrator", "dora"),
        ("organization administrator", "olivia"),
    ):
        people.append(await by_cookie(database, owner, role, username, {}))
    return people


async def by_cookie(
    database: Database, owner: Connection, role: str, username: str, things: Mapping[str, str]
) -> Person:
    """Somebody who has signed in, with what only they can have."""
    who, token = await signed_in(database, username)
    sign_in = await owner.fetchval("SELECT public_id FROM sign_in WHERE token_hash = $1", accounts.hash_of(token))
    mine = {"token": await add_token(owner, who), "passkey": await add_passkey(owner, who), "sign_in": sign_in}
    own = {**things, **mine}
    return Person(role, who, f"anteroom={token}", own=own)


async def signed_in(database: Database, username: str) -> tuple[Actor, str]:
    who = await known_actor(database, username)
    async with database.system() as connection:
        return who, await accounts.sign_in(connection, who.account_id)


async def by_link(database: Database, owner: Connection, role: str, username: str, own: Mapping[str, str]) -> Person:
    """Somebody who came by a direct link to the place's session; staff are its guests."""
    session = await owner.fetchrow("SELECT id, organization_id FROM session WHERE public_id = $1", own["session"])
    account_id = await account_key(owner, "harbor", username)
    if username == "olivia":
        await add_guest(owner, session, account_id)
    async with database.transaction(await known_actor(database, "ben")) as connection:
        link = await direct_links.make(connection, session["id"], account_id)
    visit, _ = await direct_links.exchange(database, link, "")
    async with database.system() as connection:
        who = await accounts.actor_of(connection, visit.token)
    return Person(role, who, f"anteroom={visit.token}")


# Things


async def account_key(owner: Connection, slug: str, username: str) -> int:
    return int(
        await owner.fetchval(
            "SELECT account.id FROM account JOIN organization ON organization.id = organization_id "
            "WHERE slug = $1 AND username = $2",
            slug,
            username,
        )
    )


async def furnish(database: Database, owner: Connection, number: int) -> dict[str, str]:
    """One of everything at a place; public ids by name."""
    place = list(PLACES.values())[number]
    clinic = await clinic_at(owner, place)
    cast = await add_staff(owner, clinic, number)
    client, host = [await known_actor(database, name, place.organization) for name in (place.client, place.host)]
    sessions = await book(owner, clinic, host.account_id, client.account_id, number)
    service = await owner.fetchval("SELECT public_id FROM service WHERE clinic_id = $1 LIMIT 1", clinic["id"])
    document = await add_document(owner, client)
    return {
        **cast,
        **sessions,
        **await add_forms(owner, client, number, document),
        "document": document,
        "clinic": clinic["public_id"],
        "department": clinic["department"],
        "field": await add_field(owner, clinic),
        "service": service,
        "later": (await owner.fetchval("SELECT clock_now()") + timedelta(days=20 + number)).isoformat(),
        "group_request": await ask(database, client, clinic["public_id"], service, None),
        "request": await ask(database, client, clinic["public_id"], service, host.public_id),
        **await belongings_of_host(owner, clinic, host),
        **await belongings_of_client(owner, client, client_email(place)),
        **await add_applicants(owner, clinic, number),
        **await connect(database, owner, client, host),
        **await bill(owner, sessions["session"], client.account_id),
    }


async def clinic_at(owner: Connection, place: Place) -> Any:
    return await owner.fetchrow(
        "SELECT clinic.*, department.name AS department_name, department.public_id AS department, slug FROM clinic "
        "JOIN organization ON organization.id = clinic.organization_id "
        "JOIN department ON department.id = clinic.department_id WHERE clinic.name = $1 AND slug = $2",
        place.clinic,
        place.organization,
    )


async def add_staff(owner: Connection, clinic: Any, number: int) -> dict[str, str]:
    """A spare host and one who serves as scheduler; a practitioner and a scheduler who are neither yet; and one who
    practises elsewhere, too."""
    slug, department = clinic["slug"], clinic["department_name"]
    spare = await add_account(owner, slug, f"spare-{number}", "practitioner", department)
    newcomer = await add_account(owner, slug, f"newcomer-{number}", "practitioner", department)
    serving = await add_account(owner, slug, f"serving-{number}", "scheduler")
    bell = await add_account(owner, slug, f"bell-{number}", "scheduler")
    elsewhere = await add_account(owner, slug, f"elsewhere-{number}", "practitioner", department)
    await add_role_elsewhere(owner, elsewhere, clinic["department_id"])
    await staff_clinic(owner, clinic, spare, serving)
    return {
        "spare": spare,
        "spare_email": f"spare-{number}@{slug}.example",
        "spare_name": f"Spare-{number} Cast",
        "newcomer": newcomer,
        "newcomer_name": f"Newcomer-{number} Cast",
        "serving": serving,
        "bell": bell,
        "elsewhere": elsewhere,
    }


async def belongings_of_host(owner: Connection, clinic: Any, host: Actor) -> dict[str, str]:
    return {
        "host": host.public_id,
        "hoster": host.public_id,
        "hours": await add_hours(owner, clinic, host.account_id),
        "sign_in": await owner.fetchval("SELECT public_id FROM sign_in WHERE account_id = $1 LIMIT 1", host.account_id),
        "token": await add_token(owner, host),
        "passkey": await add_passkey(owner, host),
    }


async def belongings_of_client(owner: Connection, client: Actor, email: str) -> dict[str, str]:
    return {
        "client": await owner.fetchval("SELECT public_id FROM client WHERE account_id = $1", client.account_id),
        "client_email": email,
        "export": await add_export(owner, client),
        "invitation": await add_invitation(owner, client),
    }


async def let_choose(database: Database, owner: Connection, ids: Mapping[str, str], place: Place) -> dict[str, str]:
    """The host lets clients choose times; the client has chosen one, waits for another, and is offered a third."""
    client, host = [await known_actor(database, name, place.organization) for name in (place.client, place.host)]
    await open_choosing(owner, host, ids["service"])
    noon = (await owner.fetchval("SELECT clock_now()")).replace(hour=12, minute=0, second=0, microsecond=0)
    first, second = (noon + timedelta(days=10, hours=hours) for hours in (0, 2))
    wanted: dict[str, Any] = {"host": ids["hoster"], "service": ids["service"]}
    async with database.transaction(client) as connection:
        chosen = await instant.choose(connection, client, instant.Choice(**wanted, starts_at=first))
        wish = waitlist.Wish(**wanted, weekdays=(1,), starts_minute=0, ends_minute=1440, time_zone="UTC")
        on_list = await waitlist.join(connection, client, wish)
    offer = await owner.fetchval(
        "INSERT INTO waitlist_offer (organization_id, place_id, host_id, session_id, freed_at, starts_at, ends_at, "
        "expires_at) SELECT organization_id, place.id, $1, (SELECT max(id) FROM session WHERE host_id = $1), "
        "clock_now(), $2::timestamptz, $2 + interval '20 minutes', clock_now() + interval '1 day' "
        "FROM waitlist_place AS place WHERE public_id = $3 RETURNING public_id",
        host.account_id,
        second,
        on_list,
    )
    return {"chosen": str(chosen.session), "place": on_list, "offer": offer}


async def open_choosing(owner: Connection, host: Actor, service: str) -> None:
    """By every switch that it takes; at any hour of the days around the tenth from now."""
    await owner.execute("UPDATE organization SET portal_scheduling = true WHERE id = $1", host.organization_id)
    await owner.execute("UPDATE service SET booking = 'instant' WHERE public_id = $1", service)
    await owner.execute("UPDATE host SET self_scheduling = true WHERE account_id = $1", host.account_id)
    keys = (host.organization_id, host.account_id)
    await owner.execute(
        "INSERT INTO portal_seat (organization_id, account_id, subscribed) VALUES ($1, $2, true) "
        "ON CONFLICT (account_id) DO UPDATE SET subscribed = true",
        *keys,
    )
    await owner.execute(
        "INSERT INTO self_scheduled (organization_id, host_id, service_id) SELECT $1, $2, id FROM service "
        "WHERE public_id = $3",
        *keys,
        service,
    )
    await owner.execute(
        "INSERT INTO special_hours (organization_id, host_id, day, open, starts_minute, ends_minute) "
        "SELECT $1, $2, clock_now()::date + ahead, true, 0, 1440 FROM generate_series(8, 12) AS ahead",
        *keys,
    )


async def add_document(owner: Connection, client: Actor) -> str:
    """A document of a client, of which the table of rights asks who may read it; its file was lost."""
    return await owner.fetchval(
        "WITH lost AS (INSERT INTO stored_file (organization_id, name, content_type, bytes, sha256) "
        "VALUES ($1, random_id(), 'application/pdf', 1, sha256('')) RETURNING id) INSERT INTO document "
        "(organization_id, client_id, title, file_id) SELECT $1, client.id, 'Consent', lost.id FROM client, lost "
        "WHERE account_id = $2 RETURNING public_id",
        client.organization_id,
        client.account_id,
    )


async def add_export(owner: Connection, client: Actor) -> str:
    """A client's own data, ready to be taken along; the file was lost."""
    return await owner.fetchval(
        "WITH lost AS (INSERT INTO stored_file (organization_id, name, content_type, bytes, sha256) "
        "VALUES ($1, random_id(), 'application/zip', 1, sha256('')) RETURNING id) INSERT INTO export "
        "(organization_id, account_id, client_id, state, file_id, ready_at, expires_at) "
        "SELECT $1, $2, client.id, 'ready', lost.id, clock_now(), clock_now() + interval '1 day' "
        "FROM client, lost WHERE account_id = $2 RETURNING public_id",
        client.organization_id,
        client.account_id,
    )


async def add_role_elsewhere(owner: Connection, account: str, department_id: int) -> None:
    """A practitioner of one department practises in another, too."""
    await owner.execute(
        "INSERT INTO account_role (organization_id, account_id, role, department_id) "
        "SELECT account.organization_id, account.id, 'practitioner', department.id FROM account JOIN department "
        "ON department.organization_id = account.organization_id AND department.id <> $2 WHERE account.public_id = $1",
        account,
        department_id,
    )


async def add_invitation(owner: Connection, client: Actor) -> str:
    """One that was accepted, for its client has the portal."""
    return str(
        await owner.fetchval(
            "INSERT INTO invitation (organization_id, client_id, account_id, email, sent_by, expires_at, accepted_at) "
            "SELECT organization_id, id, account_id, email, account_id, clock_now(), clock_now() FROM client "
            "WHERE account_id = $1 RETURNING public_id",
            client.account_id,
        )
    )


async def bill(owner: Connection, session: str, account_id: int) -> dict[str, str]:
    """The client's invoice for a session, paid in part and waived, so that it keeps nobody out; and a draft."""
    row = await owner.fetchrow("SELECT * FROM session WHERE public_id = $1", session)
    ids = {}
    for name, session_id in (("invoice", row["id"]), ("draft", None)):
        made = await owner.fetchrow(
            "INSERT INTO invoice (organization_id, client_id, account_id, session_id, currency) "
            "VALUES ($1, $2, $3, $4, 'EUR') RETURNING id, public_id",
            row["organization_id"],
            row["client_id"],
            account_id,
            session_id,
        )
        ids[name] = str(made["public_id"])
        await owner.execute(
            "INSERT INTO invoice_line (organization_id, invoice_id, description, unit_price) VALUES ($1, $2, 'A', 60)",
            row["organization_id"],
            made["id"],
        )
        if session_id is not None:
            await owner.execute("SELECT issue_invoice($1)", made["id"])
            await owner.execute(
                "UPDATE invoice SET waived_at = clock_now(), waived_by = $2 WHERE id = $1", made["id"], row["host_id"]
            )
            ids["payment"] = await owner.fetchval(
                "INSERT INTO payment (organization_id, invoice_id, method, amount, state, made_by, settled_at) "
                "VALUES ($1, $2, 'cash', 10, 'succeeded', $3, clock_now()) RETURNING public_id",
                row["organization_id"],
                made["id"],
                row["host_id"],
            )
    return ids


def client_email(place: Place) -> str:
    return f"{place.client}@{place.organization}.example"


async def staff_clinic(owner: Connection, clinic: Any, spare: str, serving: str) -> None:
    """One more host and one more scheduler, whom nothing keeps from being removed."""
    await owner.execute(
        "WITH made AS (INSERT INTO host (account_id, organization_id) SELECT id, organization_id FROM account "
        "WHERE public_id = $1 RETURNING account_id, organization_id) INSERT INTO clinic_host "
        "(organization_id, clinic_id, account_id, on_demand) SELECT organization_id, $2, account_id, true FROM made",
        spare,
        clinic["id"],
    )
    await owner.execute(
        "INSERT INTO clinic_scheduler (organization_id, clinic_id, account_id) SELECT organization_id, $2, id "
        "FROM account WHERE public_id = $1",
        serving,
        clinic["id"],
    )


async def add_field(owner: Connection, clinic: Any) -> str:
    return str(
        await owner.fetchval(
            "INSERT INTO form_field (organization_id, clinic_id, position, kind, label) "
            "VALUES ($1, $2, 90, 'check', 'By the way') RETURNING public_id",
            clinic["organization_id"],
            clinic["id"],
        )
    )


async def add_hours(owner: Connection, clinic: Any, host_id: int) -> str:
    return str(
        await owner.fetchval(
            "INSERT INTO weekly_hours (organization_id, host_id, weekday, starts_minute, ends_minute) "
            "VALUES ($1, $2, 7, 600, 660) RETURNING public_id",
            clinic["organization_id"],
            host_id,
        )
    )


async def add_token(owner: Connection, who: Actor) -> str:
    return str(
        await owner.fetchval(
            "INSERT INTO api_token (organization_id, account_id, name, token_hash, scopes, expires_at) "
            "VALUES ($1, $2, 'a program', $3, '{board:read}', clock_now() + interval '1 day') RETURNING public_id",
            who.organization_id,
            who.account_id,
            accounts.hash_of(secrets.token_urlsafe()),
        )
    )


async def connect(database: Database, owner: Connection, client: Actor, host: Actor) -> dict[str, str]:
    """A client's request for a connection that waits for the host, in their thread."""
    talk = await talk_to(database, client, host)
    talk["connection"] = await owner.fetchval(
        "INSERT INTO connection_request (organization_id, client_id, practitioner_id, thread_id) "
        "SELECT thread.organization_id, client.id, $2, thread.id FROM thread, client "
        "WHERE thread.public_id = $3 AND client.account_id = $1 RETURNING public_id",
        client.account_id,
        host.account_id,
        talk["thread"],
    )
    return talk


async def talk_to(database: Database, who: Actor, other: Actor) -> dict[str, str]:
    async with database.transaction(who) as connection:
        thread = await messages.begin(connection, who, "A question", [other.account_id], "Good morning.")
        message = await connection.fetchval("SELECT public_id FROM message WHERE thread_id = $1", thread["id"])
    return {"thread": str(thread["public_id"]), "message": str(message)}


async def open_messages(owner: Connection) -> None:
    """Secure messages everywhere; hosts and organization administrators have seats, and erin has set up her account."""
    await owner.execute("UPDATE organization SET portal_messages = true")
    hosts = [place.host for place in PLACES.values()]
    await owner.execute(
        "INSERT INTO portal_seat (account_id, organization_id, subscribed) "
        "SELECT id, organization_id, true FROM account WHERE username = ANY ($1) OR username = 'olivia'",
        hosts,
    )
    await owner.execute(
        "UPDATE account SET password_hash = known.password_hash FROM account AS known "
        "WHERE account.username = 'erin' AND known.username = 'ben'"
    )


async def converse(database: Database, owner: Connection, files: Files, place: Place) -> dict[str, str]:
    """Secure messages of the place's client and host, and of its care team, each with a file."""
    client, host, olivia = [
        await known_actor(database, name, place.organization) for name in (place.client, place.host, "olivia")
    ]
    file = await owner.fetchval("SELECT public_id FROM client WHERE account_id = $1", client.account_id)
    bundle = Bundle(files, (Attached("a.txt", "text/plain", await files.write(lambda file: file.write(b"a"))),))
    async with database.transaction(host) as connection:
        direct = await messages.write_to(connection, host, file, "Sleep", "Good morning.", bundle)
    bundle = Bundle(files, (Attached("b.txt", "text/plain", await files.write(lambda file: file.write(b"b"))),))
    async with database.transaction(host) as connection:
        others = [olivia.public_id]
        team = await messages.write_to_team(connection, host, file, others, "Next steps", "Good morning.", bundle)
    return {**await named_thread(owner, "direct", direct["id"]), **await named_thread(owner, "team", team["id"])}


async def named_thread(owner: Connection, kind: str, thread_id: int) -> dict[str, str]:
    row = await owner.fetchrow(
        "SELECT thread.public_id AS thread, attachment.public_id AS attachment FROM thread "
        "JOIN message ON message.thread_id = thread.id JOIN attachment ON attachment.message_id = message.id "
        "WHERE thread.id = $1",
        thread_id,
    )
    return {f"{kind}_thread": str(row["thread"]), f"{kind}_attachment": str(row["attachment"])}


async def add_passkey(owner: Connection, who: Actor) -> str:
    return str(
        await owner.fetchval(
            "INSERT INTO passkey (organization_id, account_id, name, credential_id, public_key) "
            "VALUES ($1, $2, 'a key', $3, '') RETURNING public_id",
            who.organization_id,
            who.account_id,
            secrets.token_bytes(),
        )
    )


async def add_applicants(owner: Connection, clinic: Any, number: int) -> dict[str, str]:
    """Two who registered and wait: for this department, and unsure of theirs (R-026); and a prospect who said
    nothing."""
    made = {}
    for kind, department in (("applicant", clinic["department_id"]), ("unsure", None), ("newcomer_by_code", None)):
        name = f"{kind.replace('_', '-')}-{number}"
        made[kind] = await add_account(owner, clinic["slug"], name, "client")
        await owner.execute("UPDATE account SET state = 'pending' WHERE public_id = $1", made[kind])
        if kind != "newcomer_by_code":
            await register(owner, made[kind], department)
    return made


async def register(owner: Connection, account: str, department_id: int | None) -> None:
    """What somebody said of themselves, confirmed."""
    await owner.execute(
        "INSERT INTO registration (organization_id, account_id, email, department_id, unsure, first_name, last_name, "
        "date_of_birth, confirmed_at) SELECT organization_id, id, email, $2::bigint, $2::bigint IS NULL, 'Reg', "
        "username, '1985-05-05', clock_now() FROM account WHERE public_id = $1",
        account,
        department_id,
    )


async def ask(database: Database, client: Actor, clinic: str, service: str, host: str | None) -> str:
    async with database.transaction(client) as connection:
        asked = await requests.submit(connection, client, requests.Ask(clinic, service, host, ()))
    return str(asked["public_id"])


async def book(owner: Connection, clinic: Any, host_id: int, visitor_id: int, number: int) -> dict[str, str]:
    """Three sessions of one host and one client, who are cleared for each other: one whose door is open, with the
    host and a guest in it and the client waiting; one to come; one to which nobody came."""
    file = await owner.fetchval("SELECT id FROM client WHERE account_id = $1", visitor_id)
    if file is not None:
        await owner.execute(
            "INSERT INTO association (organization_id, client_id, practitioner_id, department_id) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            clinic["organization_id"],
            file,
            host_id,
            clinic["department_id"],
        )
    made = {}
    for name, begins in (("session", "25 minutes"), ("appointment", f"{24 + number} hours"), ("missed", "-29 minutes")):
        made[name] = await owner.fetchrow(
            "INSERT INTO session (organization_id, clinic_id, host_id, client_id, visitor_id, service_name, starts_at, "
            "ends_at) SELECT $1, $2, $3, $4, $5, 'Follow-up', clock_now() + ($6::text)::interval, "
            "clock_now() + ($6::text)::interval + '20 minutes' RETURNING id, organization_id, public_id",
            clinic["organization_id"],
            clinic["id"],
            host_id,
            file,
            visitor_id,
            begins,
        )
    guest_id = await owner.fetchval(
        "INSERT INTO account (organization_id, username, email, name, state) VALUES ($1, $2, $3, 'Gil', 'pending') "
        "RETURNING id",
        clinic["organization_id"],
        f"guest-{number}",
        f"guest-{number}@words.example",
    )
    guest = await add_guest(owner, made["session"], guest_id)
    await admit(owner, made["session"], host_id, "admitted", host_id)
    inside = await admit(owner, made["session"], guest_id, "admitted", host_id)
    waiting = await admit(owner, made["session"], visitor_id, "waiting", None)
    ids = {name: str(row["public_id"]) for name, row in made.items()}
    return {**ids, "guest": guest, "inside": inside, "waiting": waiting, "admission": waiting}


async def add_guest(owner: Connection, session: Any, account_id: int) -> str:
    return str(
        await owner.fetchval(
            "INSERT INTO guest (organization_id, session_id, account_id, name, email, relation, invited_by) "
            "SELECT organization_id, $1, id, name, email, 'family', "
            "(SELECT host_id FROM session WHERE id = $1) FROM account WHERE id = $2 RETURNING public_id",
            session["id"],
            account_id,
        )
    )


async def admit(owner: Connection, session: Any, account_id: int, state: str, admitted_by: int | None) -> str:
    """Whose page stays open for as long as the test takes."""
    return str(
        await owner.fetchval(
            "WITH made AS (INSERT INTO admission (organization_id, session_id, account_id, name, state, admitted_by, "
            "admitted_at, here_until) SELECT $1, $2, $3, 'Somebody', $4::admission_state, $5, "
            "CASE WHEN $5::bigint IS NOT NULL THEN clock_now() END, clock_now() + interval '1 hour' RETURNING *), "
            "stay AS (INSERT INTO attendance (organization_id, session_id, admission_id, name, knocked_at) "
            "SELECT organization_id, session_id, id, name, knocked_at FROM made) SELECT public_id FROM made",
            session["organization_id"],
            session["id"],
            account_id,
            state,
            admitted_by,
        )
    )


async def own_things(database: Database, owner: Connection, username: str) -> dict[str, str]:
    """A request and sessions of somebody without a file, at a host's of their own (A-23)."""
    number = {"nina": 5, "petra": 6}[username]
    clinic = await owner.fetchrow(
        "SELECT clinic.*, slug FROM clinic JOIN organization ON organization.id = organization_id "
        "WHERE clinic.name = 'Family clinic' AND slug = 'harbor'"
    )
    await add_account(owner, "harbor", f"own-{number}", "practitioner", "Family medicine")
    if username == "petra":
        account = await owner.fetchval("SELECT public_id FROM account WHERE username = 'petra'")
        await register(owner, account, clinic["department_id"])
    host_id, who = await account_key(owner, "harbor", f"own-{number}"), await known_actor(database, username)
    service = await owner.fetchval("SELECT public_id FROM service WHERE clinic_id = $1 LIMIT 1", clinic["id"])
    asked = await ask(database, who, clinic["public_id"], service, None)
    talk = await talk_to(database, who, await known_actor(database, f"own-{number}"))
    return {"request": asked, **talk, **await book(owner, clinic, host_id, who.account_id, number)}


def unknown(ids: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """The same ids, those named being nobody's."""
    return {name: f"{abs(hash(name)):032x}"[-32:] if name in names else value for name, value in ids.items()}
