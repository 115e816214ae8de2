"""A visit that begins now, by the shortest way: asked and accepted over HTTP, as programs do it."""

import uuid
from typing import Any

from tests.e2e.fleet import Person, Place
from tests.support import PASSWORD


async def person_at(place: Place, username: str, organization: str = "harbor") -> Person:
    """Somebody signed in, without a browser. `close()` is the caller's."""
    person = Person(place, username)
    status, told = await person.post(f"/at/{organization}/sign-in", login=username, password=PASSWORD)
    assert status == 200, told
    return person


async def book_now(place: Place, seeded: list[dict[str, Any]], client: str = "chloe", host: str = "ana") -> str:
    """The client asks the Family clinic, sam accepts for the host; returns the session's public id."""
    clinic = next(each for each in seeded[0]["clinics"] if each["name"] == "Family clinic")
    ids = {login["username"]: login["public_id"] for login in seeded[0]["logins"]}
    asking, deciding = await person_at(place, client), await person_at(place, "sam")
    try:
        wish = {"clinic": clinic["public_id"], "service": clinic["services"][0], "when": "now"}
        status, asked = await asking.post("/requests", key=uuid.uuid4().hex, **wish)
        assert status == 200, asked
        accept = f"/requests/{asked['request']}/accept"
        status, accepted = await deciding.post(accept, host=ids[host], key=uuid.uuid4().hex)
        assert status == 200, accepted
        return str(accepted["session"])
    finally:
        await asking.close()
        await deciding.close()
