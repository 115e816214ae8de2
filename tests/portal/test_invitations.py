"""Invitations as verbs: who may, what is mailed, how they end, and what never happens twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from people import clients, setup
from people.access import Actor
from people.errors import EmailTaken, FeatureOff, Invalid, NotFound, PossibleDuplicate
from people.passwords import Passwords
from portal import intake_forms, invitations
from portal.errors import InvitationEnded
from portal.invitations import Outcome
from records.database import Connection, Database
from tests.support import actor

IRIS = clients.Data("Iris", "Berg", "iris@words.example", "1991-02-03")
PASSWORD = "a kettle sings at dawn"


async def file_of(connection: Connection, email: str) -> str:
    return str(
        await connection.fetchval("SELECT public_id FROM client WHERE email = $1 AND organization_id = 1", email)
    )


async def forms(connection: Connection, actor: Actor, count: int = 2) -> list[str]:
    return [row["public_id"] for row in await intake_forms.to_send(connection, actor)][:count]


async def letters(connection: Connection, kind: str = "portal_invitation") -> list[Any]:
    read = "SELECT recipient, about_id, details FROM mail WHERE kind = $1 ORDER BY id"
    return list(await connection.fetch(read, kind))


async def state(connection: Connection, client: str) -> list[str]:
    key = await connection.fetchval("SELECT id FROM client WHERE public_id = $1", client)
    return [row["state"] for row in await invitations.of_client(connection, key)]


async def allow(owner: Connection, to: Actor) -> None:
    add = "INSERT INTO portal_seat (account_id, organization_id, may_invite) VALUES ($1, $2, true)"
    await owner.execute(add, to.account_id, to.organization_id)


async def associate(owner: Connection, client: str, practitioner: Actor) -> None:
    add = """INSERT INTO association (organization_id, client_id, practitioner_id, department_id)
             SELECT organization_id, id, $2, $3 FROM client WHERE public_id = $1"""
    await owner.execute(add, client, practitioner.account_id, next(iter(practitioner.department_roles))[1])


async def set_up(database: Database, token: str, username: str = "iris") -> str:
    return await setup.set_up(database, Passwords(), "harbor", token, username, PASSWORD, "")


@pytest.fixture
async def iris(database: Database, olivia: Actor) -> str:
    """A file whose client is invited to two forms; its public id. Committed."""
    async with database.transaction(olivia) as connection:
        chosen = await forms(connection, olivia)
        made = await invitations.invite_somebody_new(connection, olivia, IRIS, [], chosen)
    return made.client


async def token_of(owner: Connection) -> str:
    return str(await owner.fetchval("SELECT details ->> 'token' FROM mail ORDER BY id DESC LIMIT 1"))


async def test_r140_somebody_new_gets_a_file_an_account_one_mail_and_the_chosen_forms(
    database: Database, olivia: Actor
) -> None:
    """R-141, R-210."""
    async with database.transaction(olivia) as connection:
        chosen = await forms(connection, olivia)
        made = await invitations.invite_somebody_new(connection, olivia, IRIS, [], chosen)
        assert (made.invited, made.forms) == (True, 2)
        [letter] = await letters(connection)
        assert letter["recipient"] == "iris@words.example"
        assert await letters(connection, "setup") == []
        told = await invitations.told(connection, letter["about_id"])
        assert told is not None and (told["sender"], told["forms"]) == ("Olivia Marsh", 2)
        [row], _ = await invitations.listed(connection, olivia)
        assert (row["name"], row["state"], row["sent"], row["completed"]) == ("Berg, Iris", "open", 2, 0)


async def test_r040_setting_up_accepts_the_invitation_and_leads_to_its_forms(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    await set_up(database, await token_of(owner))
    client = await actor(database, "iris")
    async with database.transaction(client) as connection:
        assert client.state == "active"
        assert await invitations.forms_waiting(connection, client) == 2
        assert await state(connection, iris) == ["accepted"]
    await owner.execute("UPDATE organization SET portal_forms = false")
    async with database.transaction(client) as connection:
        assert await invitations.forms_waiting(connection, client) == 0


async def test_r145_whoever_has_the_portal_already_gets_the_forms_alone(database: Database, olivia: Actor) -> None:
    async with database.transaction(olivia) as connection:
        chloe = await file_of(connection, "chloe@harbor.example")
        with pytest.raises(Invalid) as refused:
            await invitations.invite(connection, olivia, chloe, [])
        assert refused.value.field == "forms"
        told = await invitations.invite(connection, olivia, chloe, await forms(connection, olivia, 1))
        assert told == Outcome(chloe, False, 1)
        assert await letters(connection) == [] and await state(connection, chloe) == []


async def test_a06_a_file_that_may_be_theirs_stops_a_new_one(database: Database, olivia: Actor) -> None:
    async with database.transaction(olivia) as connection:
        alike = clients.Data("Chloe", "Adams", "another@words.example", "1990-01-01")
        with pytest.raises(PossibleDuplicate):
            await invitations.invite_somebody_new(connection, olivia, alike, [], [])
        assert (await invitations.invite_somebody_new(connection, olivia, alike, [], [], anyway=True)).invited


async def test_r042_one_address_is_one_persons(database: Database, olivia: Actor) -> None:
    async with database.transaction(olivia) as connection:
        for taken in ("chloe@harbor.example", "ana@harbor.example"):
            data = clients.Data("Iris", "Berg", taken, "1991-02-03")
            for anyway in (False, True):
                with pytest.raises(EmailTaken):
                    await invitations.invite_somebody_new(connection, olivia, data, [], [], anyway=anyway)


@pytest.mark.parametrize("who", ["dora", "carl", "sam", "ana", "chloe"])
async def test_r006_only_organization_administrators_invite(database: Database, iris: str, who: str) -> None:
    other = await actor(database, who)
    async with database.transaction(other) as connection:
        made = await connection.fetchval("SELECT public_id FROM invitation")
        for refused in (
            invitations.invite(connection, other, iris, []),
            invitations.invite_somebody_new(connection, other, IRIS, [], [], anyway=True),
            invitations.client(connection, other, iris),
            invitations.listed(connection, other),
            invitations.resend(connection, other, made),
            invitations.revoke(connection, other, made),
        ):
            with pytest.raises(NotFound):
                await refused


async def test_r007_a_therapist_who_is_allowed_invites_their_own_clients_and_no_others(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    ana = await actor(database, "ana")
    await allow(owner, ana)
    async with database.transaction(ana) as connection:
        made = await connection.fetchval("SELECT public_id FROM invitation")
        assert await invitations.listed(connection, ana) == ([], None)
        for refused in (
            invitations.invite(connection, ana, iris, []),
            invitations.invite_somebody_new(connection, ana, IRIS, [], [], anyway=True),
            invitations.resend(connection, ana, made),
            invitations.revoke(connection, ana, made),
        ):
            with pytest.raises(NotFound):
                await refused
    await associate(owner, iris, ana)
    async with database.transaction(ana) as connection:
        assert len((await invitations.listed(connection, ana))[0]) == 1
        assert await invitations.resend(connection, ana, made) == iris
        assert (await invitations.invite(connection, ana, iris, [])).invited
        assert len(await letters(connection)) == 3


async def test_a_newer_link_ends_the_older_and_makes_the_invitation_good_again(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    older = await token_of(owner)
    await owner.execute("UPDATE invitation SET expires_at = clock_now() - interval '1 second'")
    async with database.transaction(olivia) as connection:
        assert await state(connection, iris) == ["expired"]
        made = await connection.fetchval("SELECT public_id FROM invitation")
        await invitations.resend(connection, olivia, made)
        assert await state(connection, iris) == ["open"]
    with pytest.raises(NotFound):
        await set_up(database, older)
    await set_up(database, await token_of(owner))


async def test_the_link_ends_after_seven_days(database: Database, owner: Connection, iris: str) -> None:
    lives = await owner.fetchval("SELECT expires_at - sent_at FROM invitation")
    assert abs(lives - timedelta(days=7)) < timedelta(seconds=1)
    await owner.execute("UPDATE setup_link SET expires_at = clock_now() - interval '1 second'")
    with pytest.raises(NotFound):
        await set_up(database, await token_of(owner))


async def test_revoking_ends_the_link_and_the_forms_that_nobody_began(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    token = await token_of(owner)
    begun = await owner.fetchval(
        "UPDATE intake SET state = 'started' WHERE id = (SELECT min(id) FROM intake) RETURNING id"
    )
    async with database.transaction(olivia) as connection:
        made = await connection.fetchval("SELECT public_id FROM invitation")
        await invitations.revoke(connection, olivia, made)
        assert await state(connection, iris) == ["revoked"]
        assert await invitations.told(connection, (await letters(connection))[0]["about_id"]) is None
        standing = await connection.fetch("SELECT id FROM intake WHERE state <> 'withdrawn'")
        assert [row["id"] for row in standing] == [begun]
        for again in (invitations.resend, invitations.revoke):
            with pytest.raises(InvitationEnded):
                await again(connection, olivia, made)
    with pytest.raises(NotFound):
        await set_up(database, token)
    async with database.system() as connection:
        assert not await setup.post_again(connection, "harbor", "iris@words.example"), "they cannot ask for another"
    async with database.transaction(olivia) as connection:
        assert (await invitations.invite(connection, olivia, iris, [])).invited
        assert await state(connection, iris) == ["open", "revoked"]
    await set_up(database, await token_of(owner))
    with pytest.raises(InvitationEnded):
        async with database.transaction(olivia) as connection:
            made = await connection.fetchval("SELECT public_id FROM invitation WHERE accepted_at IS NOT NULL")
            await invitations.revoke(connection, olivia, made)


async def test_whoever_asks_for_another_link_gets_the_invitation_again(
    database: Database, owner: Connection, iris: str
) -> None:
    await owner.execute("UPDATE invitation SET expires_at = clock_now() - interval '1 day'")
    async with database.system() as connection:
        assert await setup.post_again(connection, "harbor", "iris@words.example")
    assert [row["recipient"] for row in await letters(owner)] == ["iris@words.example"] * 2
    assert await owner.fetchval("SELECT expires_at > clock_now() FROM invitation")


async def test_a_corrected_address_takes_the_invitation_along(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    older = await token_of(owner)
    async with database.transaction(olivia) as connection:
        right = clients.Data("Iris", "Berg", "iris.berg@words.example", "1991-02-03")
        await clients.change(connection, olivia, iris, right, None, None, None)
        assert [row["recipient"] for row in await letters(connection)][-1] == "iris.berg@words.example"
        assert await connection.fetchval("SELECT email FROM invitation") == "iris.berg@words.example"
    with pytest.raises(NotFound):
        await set_up(database, older)


async def test_a_closed_account_is_invited_no_more(database: Database, olivia: Actor, iris: str) -> None:
    async with database.transaction(olivia) as connection:
        await clients.change(connection, olivia, iris, IRIS, None, False, None)
        assert await state(connection, iris) == ["revoked"]
        with pytest.raises(Invalid, match="inactive"):
            await invitations.invite(connection, olivia, iris, [])


async def test_two_who_invite_at_once_make_one_invitation_and_one_link(
    database: Database, owner: Connection, olivia: Actor
) -> None:
    async with database.transaction(olivia) as connection:
        chosen = await forms(connection, olivia, 1)
        made = await clients.create(connection, olivia, IRIS, [], tell=False)

    async def invite() -> Outcome:
        async with database.transaction(olivia) as connection:
            return await invitations.invite(connection, olivia, made["public_id"], chosen)

    told = await asyncio.gather(invite(), invite())
    assert sorted(one.forms for one in told) == [0, 1]
    assert await owner.fetchval("SELECT count(*) FROM invitation") == 1
    assert await owner.fetchval("SELECT count(*) FROM setup_link WHERE used_at IS NULL") == 1


async def test_resending_and_revoking_at_once_leave_a_link_or_none(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    made = await owner.fetchval("SELECT public_id FROM invitation")

    async def act(verb: Any) -> None:
        async with database.transaction(olivia) as connection:
            await verb(connection, olivia, made)

    await asyncio.gather(act(invitations.resend), act(invitations.revoke), return_exceptions=True)
    assert await owner.fetchval("SELECT count(*) FROM setup_link WHERE used_at IS NULL") == 0
    assert await owner.fetchval("SELECT revoked_at IS NOT NULL FROM invitation")


async def test_setting_up_and_taking_back_at_once_end_in_one_of_the_two(
    database: Database, owner: Connection, olivia: Actor, iris: str
) -> None:
    token, made = await token_of(owner), await owner.fetchval("SELECT public_id FROM invitation")

    async def revoke() -> None:
        async with database.transaction(olivia) as connection:
            await invitations.revoke(connection, olivia, made)

    told = await asyncio.gather(set_up(database, token), revoke(), return_exceptions=True)
    refused = [type(one) for one in told if isinstance(one, Exception)]
    accepted = await owner.fetchval("SELECT accepted_at IS NOT NULL FROM invitation")
    assert refused == [InvitationEnded if accepted else NotFound]
    assert await owner.fetchval("SELECT has_password FROM account WHERE email = 'iris@words.example'") is accepted


async def test_r009_without_the_feature_no_form_goes_along(database: Database, olivia: Actor) -> None:
    async with database.transaction(olivia) as connection:
        chosen = await forms(connection, olivia, 1)
        await connection.execute("UPDATE organization SET portal_forms = false")
        assert await invitations.forms_to_send(connection, olivia) == []
        with pytest.raises(FeatureOff):
            await invitations.invite_somebody_new(connection, olivia, IRIS, [], chosen)
        nobody = clients.Data("Ida", "Holm", "ida@words.example", "1991-02-03")
        assert (await invitations.invite_somebody_new(connection, olivia, nobody, [], [])).invited


async def test_a_file_without_an_account_gets_one(database: Database, owner: Connection, olivia: Actor) -> None:
    add = """INSERT INTO client (organization_id, first_name, last_name, email, date_of_birth)
             VALUES ($1, 'Iris', 'Berg', 'iris@words.example', '1991-02-03') RETURNING public_id"""
    file = await owner.fetchval(add, olivia.organization_id)
    async with database.transaction(olivia) as connection:
        assert (await invitations.invite(connection, olivia, file, [])).invited
    await set_up(database, await token_of(owner))
    assert (await actor(database, "iris")).is_client


async def test_invitations_of_another_organization_do_not_exist(database: Database, iris: str) -> None:
    stranger = await actor(database, "olivia", "meadow")
    async with database.transaction(stranger) as connection:
        assert await invitations.listed(connection, stranger) == ([], None)
        with pytest.raises(NotFound):
            await invitations.invite(connection, stranger, iris, [])


async def test_the_list_is_read_in_pages_and_narrowed(database: Database, olivia: Actor) -> None:
    async with database.transaction(olivia) as connection:
        for number in range(invitations.page_size + 3):
            data = clients.Data("Émile", f"Noir{number:03}", f"noir{number}@words.example", "1980-01-01")
            await invitations.invite_somebody_new(connection, olivia, data, [], [])
        first, following = await invitations.listed(connection, olivia)
        rest, end = await invitations.listed(connection, olivia, after=following or "")
        assert (len(first), len(rest), end) == (invitations.page_size, 3, None)
        assert first[0]["name"] == "Noir052, Émile"
        found, _ = await invitations.listed(connection, olivia, search="emile noir007")
        assert [row["email"] for row in found] == ["noir7@words.example"]
        for which, count in (("open", 50), ("accepted", 0), ("revoked", 0), ("expired", 0)):
            assert len((await invitations.listed(connection, olivia, which))[0]) == count
