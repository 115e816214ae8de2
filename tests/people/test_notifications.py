"""Nobody gets a mail of a kind that they switched off, and each is told of times in their own zone."""

from pathlib import Path

from people import profile
from people.notifications import CHOICES, kinds_for
from records import mail
from records.database import Connection, Database
from tests.support import actor
from web.letters import KINDS


async def test_r024_a_kind_that_was_switched_off_is_posted_to_others_only(
    database: Database, owner: Connection
) -> None:
    chloe, david = await actor(database, "chloe"), await actor(database, "david")
    async with database.transaction(chloe) as connection:
        await profile.choose_mail(connection, chloe, kinds_for(chloe) - {"expired"})
    both = ["chloe@harbor.example", "david@harbor.example"]
    async with database.transaction(david) as connection:
        for kind in ("expired", "declined"):
            await mail.post(connection, david, kind, both)
    async with database.system() as connection:
        await mail.post(connection, david, "expired", both)
    meadow = await actor(database, "chloe", "meadow")
    async with database.transaction(meadow) as connection:
        await mail.post(connection, meadow, "expired", both)
    posted = await owner.fetch("SELECT kind, recipient FROM mail WHERE kind IN ('expired', 'declined') ORDER BY id")
    chloes, davids = both
    assert [tuple(row) for row in posted] == [
        ("expired", davids), ("declined", chloes), ("declined", davids),  # the app's transaction
        ("expired", davids),  # the system's
        ("expired", chloes), ("expired", davids),  # another organization knows nothing of what these chose
    ]  # fmt: skip


async def test_a_mail_tells_times_in_its_readers_zone_else_in_the_organizations(
    database: Database, owner: Connection
) -> None:
    chloe = await actor(database, "chloe")
    async with database.transaction(chloe) as connection:
        await profile.change(connection, chloe, None, "Asia/Tokyo")
        await mail.post(connection, chloe, "declined", ["chloe@harbor.example", "guest@example.org"])
    keys = await owner.fetch("SELECT id FROM mail WHERE kind = 'declined' ORDER BY id")
    async with database.transaction(chloe) as connection:
        zones = [(await mail.unsent(connection, row["id"]) or {})["time_zone"] for row in keys]
    assert zones == ["Asia/Tokyo", "Europe/Lisbon"]


def test_every_choice_is_a_kind_of_letter_and_none_of_those_that_must_come() -> None:
    chosen = {choice.kind for choice in CHOICES}
    assert chosen <= KINDS.keys(), "what nobody sends is not offered"
    assert not chosen & {"account_notice", "reset", "setup", "request", "declined", "invitation", "approved"}
    assert all(Path(f"web/templates/mail/{kind}.txt").exists() for kind in chosen)
