"""Faults that a review of rights found; each stays proved here."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from people import accounts, resets
from people.errors import SignInRefused
from people.passwords import Passwords
from records.database import Connection, Database
from tests.support import PASSWORD, actor, eventually
from tests.web.conftest import Site
from tests.web.organization import public_id
from tests.web.test_prospects import come_in
from tests.web.test_session_socket import BOOK, come
from tests.web.test_tokens import call, token
from web.keys import DATABASE


@pytest.fixture
def book(owner: Connection) -> Callable[[], Awaitable[str]]:
    """Books a session of Ben and Chloe that begins now."""

    async def insert() -> str:
        return str(await owner.fetchval(BOOK.replace("$1", "'0 minutes'")))

    return insert


async def test_r017_a_host_whose_session_was_given_away_sees_nobody_who_waits_in_it(
    site: Site, owner: Connection, book: Callable[[], Awaitable[str]]
) -> None:
    session = await book()
    former = await come(site, "ben", session)
    await eventually(lambda: former.last("waiting.changed") is not None)
    sam, ana = await site.visitor("sam"), await actor(site.app[DATABASE], "ana")
    given = await sam.post(f"/sessions/{session}/reassign", host=ana.public_id, reason="Ben is ill")
    assert given.status == 200, await given.text()
    client = await come(site, "chloe", session)
    await client.post("knock", name="Chloe at the door")
    heir = await come(site, "ana", session)
    await eventually(lambda: heir.last("waiting.changed") and heir.last("waiting.changed")["waiting"])
    assert "Chloe at the door" not in str(former.socket.heard)
    await eventually(lambda: not former.socket.connected or "/session" not in former.socket.namespaces)


async def test_r016_a_host_who_loses_the_role_loses_an_open_visit_at_once(
    site: Site, owner: Connection, book: Callable[[], Awaitable[str]]
) -> None:
    former = await come(site, "ben", await book())
    await owner.execute("DELETE FROM account_role WHERE role = 'practitioner'")
    await eventually(lambda: "/session" not in former.socket.namespaces, 2)


async def test_r099_what_a_host_does_elsewhere_is_busy_to_whoever_does_not_schedule_it(
    site: Site, owner: Connection
) -> None:
    ben = await actor(site.app[DATABASE], "ben")
    await owner.execute(
        "INSERT INTO clinic_host (organization_id, clinic_id, account_id) SELECT organization_id, id, $1 FROM clinic "
        "WHERE name = 'Talking clinic' AND organization_id = $2",
        ben.account_id,
        ben.organization_id,
    )
    for clinic, service, hours in (("Talking clinic", "Grief counselling", 24), ("Family clinic", "Follow-up", 48)):
        await owner.execute(
            "INSERT INTO session (organization_id, clinic_id, host_id, client_id, service_name, starts_at, ends_at) "
            "SELECT $1, clinic.id, $2, client.id, $3, clock_now() + make_interval(hours => $4), "
            "clock_now() + make_interval(hours => $4, mins => 20) FROM clinic, client "
            "JOIN account ON account.id = client.account_id WHERE clinic.name = $5 AND clinic.organization_id = $1 "
            "AND account.username = 'chloe' AND account.organization_id = $1",
            ben.organization_id, ben.account_id, service, hours, clinic,
        )  # fmt: skip
    day = await owner.fetchval("SELECT clock_now()::date")
    until = await owner.fetchval("SELECT clock_now()::date + 5")
    told: dict[str, list[str]] = {}
    for username in ("ben", "sofia", "carl", "olivia"):
        who = await site.visitor(username)
        answer = await who.get(f"/availability/week?host={ben.public_id}&from={day}&until={until}")
        told[username] = [one["title"] for one in (await answer.json())["busy"]]
    assert told["ben"] == ["Grief counselling", "Follow-up"]
    assert told["sofia"] == told["carl"] == ["Session", "Follow-up"]
    assert told["olivia"] == ["Grief counselling", "Follow-up"]


async def test_a_token_for_requests_shows_no_sessions_and_no_clinics_numbers(
    site: Site, book: Callable[[], Awaitable[str]]
) -> None:
    await book()
    ben, olivia = await site.visitor("ben"), await site.visitor("olivia")
    for path in ("/dashboard", "/dashboard/live"):
        narrow = await (await call(site, "GET", path, await token(ben, "requests:read"))).text()
        assert "Video consultation" not in narrow and "Chloe" not in narrow
        wide = await (await call(site, "GET", path, await token(ben, "requests:read", "sessions:read"))).text()
        assert "Video consultation" in wide
        assert "Family clinic" not in await (await call(site, "GET", path, await token(olivia, "requests:read"))).text()


async def test_a_token_needs_the_password_and_its_owner_is_told(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    given = {"name": "wall", "scopes": ["board:read"], "days": 30}
    headers = {"Origin": site.url, "Accept": "application/json"}
    for wrong in ({}, {"current": "not my password"}):
        answer = await sam.session.post("/account/tokens", json=given | wrong, headers=headers)
        assert (answer.status, (await answer.json())["field"]) == (422, "current")
    assert await owner.fetchval("SELECT count(*) FROM api_token") == 0
    answer = await sam.session.post("/account/tokens", json=given | {"current": PASSWORD}, headers=headers)
    assert answer.status == 200
    letters = "SELECT count(*) FROM mail WHERE kind = 'account_notice' AND recipient = 'sam@harbor.example'"
    assert await owner.fetchval(letters) == 1


async def test_a_mailed_new_password_ends_the_accounts_tokens(site: Site, owner: Connection) -> None:
    sam = await site.visitor("sam")
    made = await token(sam, "board:read")
    await resets.ask(site.app[DATABASE], "harbor", "sam")
    link = await owner.fetchval("SELECT details ->> 'token' FROM mail WHERE kind = 'reset'")
    await resets.use(site.app[DATABASE], Passwords(), "harbor", link, "quite another phrase")
    assert (await call(site, "GET", "/board/rows", made)).status == 401


async def test_an_old_password_signs_nobody_in_after_it_was_changed_meanwhile(database: Database) -> None:
    passwords, sam = Passwords(), await actor(database, "sam")
    proved = await accounts.check_password(database, passwords, "harbor", "sam", PASSWORD)
    person = accounts.Person(sam.account_id, sam.organization_id)
    await resets.change(database, passwords, person, PASSWORD, "quite another phrase", "")
    with pytest.raises(SignInRefused):
        async with database.system() as connection:
            await accounts.hold(connection, proved)


@pytest.mark.parametrize(
    "path",
    ["/scheduling/sessions?host=%00", "/availability?host=%00", "/availability/week?from=9999-12-31&until=9999-12-31"],
)
async def test_odd_characters_in_an_address_are_nobodys_failure(site: Site, path: str) -> None:
    who = await site.visitor("sam" if "scheduling" in path else "ana")
    assert (await who.get(path)).status < 500


async def test_a_nul_deep_in_a_body_is_refused(site: Site, owner: Connection) -> None:
    olivia = await site.visitor("olivia")
    path = f"/organization/clinics/{await public_id(owner, 'clinic', 'Family clinic')}/form"
    fields = {"kind": "choice", "label": "Which?", "choices": ["a\0b", "c"]}
    answer = await olivia.session.post(path, json=fields, headers={"Origin": site.url, "Accept": "application/json"})
    assert (answer.status, (await answer.json())["field"]) == (422, "choices")


async def test_a23_somebody_without_approval_has_few_requests_waiting(site: Site, owner: Connection) -> None:
    clinic, service = await public_id(owner, "clinic", "Family clinic"), await public_id(owner, "service", "Follow-up")
    nina, today = await come_in(site, owner), await owner.fetchval("SELECT clock_now()::date")
    statuses = []
    for number in range(2, 15):
        times = f"{today + timedelta(days=number)}T10:00Z"
        asked = await nina.post("/requests", clinic=clinic, service=service, when="scheduled", times=times)
        statuses.append(asked.status)
    assert statuses == [200] * 10 + [409] * 3
    assert await owner.fetchval("SELECT count(*) FROM request") == 10
