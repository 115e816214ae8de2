"""Asking over HTTP: the form with its errors, the same as JSON, the receipt, and taking it back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.database import Connection
from tests.support import eventually
from tests.web.conftest import Site, Visitor


async def clinic_of(owner: Connection, name: str = "Family clinic") -> dict[str, str]:
    """Harbor's clinic and its first service, as fields of a request."""
    row = await owner.fetchrow(
        "SELECT clinic.public_id AS clinic, service.public_id AS service FROM clinic "
        "JOIN service ON service.clinic_id = clinic.id JOIN organization ON organization.id = clinic.organization_id "
        "WHERE clinic.name = $1 AND slug = 'harbor' ORDER BY service.id LIMIT 1",
        name,
    )
    return dict(row)


async def field_of(owner: Connection, label: str) -> str:
    return await owner.fetchval(
        "SELECT form_field.public_id FROM form_field JOIN organization ON organization.id = organization_id "
        "WHERE label = $1 AND slug = 'harbor'",
        label,
    )


async def ask(visitor: Visitor, **fields: Any) -> Any:
    return await (await visitor.post("/requests", **fields)).json()


async def as_form(visitor: Visitor, path: str = "/requests", **fields: Any) -> tuple[int, str, str]:
    """Status, body and Location of what a browser's form gets."""
    answer = await visitor.post(path, headers={"Origin": visitor.site.url}, **fields)
    return answer.status, await answer.text(), answer.headers.get("Location", "")


def later(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="minutes")


async def test_r076_a_form_and_json_store_the_same_request(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    phone = await field_of(owner, "A phone number, should the picture fail")
    been = await field_of(owner, "Have you been here before?")
    wish = await field_of(owner, "I would like an interpreter")
    status, _, location = await as_form(
        visitor, **clinic, note="one", **{f"answer-{phone}": "12 34", f"answer-{been}": "", f"answer-{wish}": "on"}
    )
    assert status == 303 and re.fullmatch(r"/requests/[0-9a-f]{32}", location)
    body = {**clinic, "note": "one", "when": "scheduled", "times": [later(30)],
            "answers": {phone: "12 34", wish: True}}  # fmt: skip
    headers = {"Origin": site.url, "Accept": "application/json"}
    answer = await visitor.session.post("/requests", json=body, headers=headers)
    assert answer.status == 200, await answer.text()
    rows = await owner.fetch("SELECT note, answers::text FROM request ORDER BY id")
    assert len(rows) == 2 and rows[0] == rows[1]


async def test_the_receipt_shows_what_was_sent_as_text_and_only_to_the_requester(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    phone = await field_of(owner, "A phone number, should the picture fail")
    nasty = "<img src=x onerror=alert(1)>"
    _, _, location = await as_form(visitor, **clinic, note=nasty, **{f"answer-{phone}": "<b>12</b>"})
    page = await (await visitor.get(location)).text()
    assert "Request 1 was sent" in page and "waiting for an answer" in page
    assert "&lt;img src=x" in page and "&lt;b&gt;12" in page
    assert nasty not in page and "<b>12" not in page
    for name in ("david", "sam"):
        assert (await (await site.visitor(name)).get(location)).status == 404
    dashboard = await (await visitor.get("/dashboard")).text()
    assert nasty not in dashboard


async def test_r076_a_refused_form_keeps_all_that_was_typed_and_shows_the_error_by_its_field(
    site: Site, owner: Connection
) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    phone = await field_of(owner, "A phone number, should the picture fail")
    been = await field_of(owner, "Have you been here before?")
    wish = await field_of(owner, "I would like an interpreter")
    time = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT10:00")
    typed = {**clinic, "when": "scheduled", "times": time, "note": "my note", f"answer-{phone}": "1" * 201,
             f"answer-{been}": "Yes", f"answer-{wish}": "on"}  # fmt: skip
    status, page, _ = await as_form(visitor, **typed)
    assert status == 422
    assert f'id="error-answer-{phone}"' in page and "under 200 characters" in page
    assert "1" * 201 in page and ">my note</textarea>" in page and f'value="{time}"' in page
    assert re.search(r"<option selected>Yes", page)
    assert re.search(rf'name="answer-{wish}" value="on"\s+checked', page)
    assert await owner.fetchval("SELECT count(*) FROM request") == 0
    refused = await ask(visitor, **typed)
    assert (refused["error"], refused["field"]) == ("invalid", f"answer-{phone}")


REFUSED: dict[str, tuple[str, dict[str, Any], int, str, str | None]] = {
    "closed": ("UPDATE clinic SET open = false", {}, 409, "closed", None),
    "switched off (A-25)": ("UPDATE organization SET requests_open = false", {}, 409, "closed", None),
    "a withdrawn service": ("UPDATE service SET offered = false WHERE name = 'Video consultation'", {}, 422, "invalid",
                            "service"),
    "an unknown service": ("", {"service": "0" * 32}, 422, "invalid", "service"),
    "an unknown person": ("", {"host": "0" * 32}, 422, "invalid", "host"),
    "no time": ("", {"when": "scheduled"}, 422, "invalid", "times"),
    "a time in the past": ("", {"when": "scheduled", "times": later(-1)}, 422, "invalid", "times"),
    "neither now nor scheduled": ("", {"when": "some day"}, 422, "invalid", "when"),
    "a note that is too long": ("", {"note": "x" * 2001}, 422, "invalid", "note"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "fields", "status", "code", "field"), REFUSED.values(), ids=REFUSED)
async def test_r071_r073_a25_both_faces_refuse_alike_and_store_nothing(
    site: Site, owner: Connection, change: str, fields: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    if change:
        await owner.execute(change)
    typed = {**clinic, "note": "kept words", **fields}
    answer = await visitor.post("/requests", **typed)
    told = await answer.json()
    assert (answer.status, told["error"], told["field"]) == (status, code, field)
    form_status, page, _ = await as_form(visitor, **typed)
    assert form_status == status
    assert told["message"] in page.replace("&#39;", "'")
    assert field is None or f'id="error-{field}"' in page
    assert code == "closed" or typed["note"] in page
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


async def test_a_second_identical_request_is_refused_with_the_form_and_what_was_typed(
    site: Site, owner: Connection
) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    await ask(visitor, **clinic)
    status, page, _ = await as_form(visitor, **clinic, note="again")
    assert status == 409 and "asked for exactly this already" in page and ">again</textarea>" in page
    assert (await ask(visitor, **clinic))["error"] == "already_asked"
    assert await owner.fetchval("SELECT count(*) FROM request") == 1


async def test_a_repeat_with_the_same_key_gets_the_first_receipt(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    first = await as_form(visitor, **clinic, key="one-and-only")
    assert await as_form(visitor, **clinic, key="one-and-only") == first
    assert await owner.fetchval("SELECT count(*) FROM request") == 1


async def free_times(visitor: Visitor, clinic: dict[str, str], **query: str) -> list[str]:
    page = await (await visitor.get(f"/clinics/{clinic['clinic']}/times", params=query)).text()
    first = page.split('id="time-1"')[0]
    return re.findall(r'<option value="([^"]+)"[^>]*data-free', first)


async def test_r070_a_calendar_clinics_form_offers_its_free_times_and_takes_three_of_them(
    site: Site, owner: Connection
) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner, "Planned care")
    offered = await free_times(visitor, clinic, service=clinic["service"])
    assert len(offered) > 20
    chosen = [offered[-1], offered[-5], offered[-9]]
    query = {"service": clinic["service"], "time": chosen[0]}
    link = await visitor.get(f"/clinics/{clinic['clinic']}/ask", params=query)
    assert re.search(rf'<option value="{re.escape(chosen[0])}" selected', await link.text())
    headers = {"Origin": site.url}
    answer = await visitor.session.post(
        "/requests", data=[*clinic.items(), ("when", "scheduled"), *(("times", time) for time in chosen)],
        headers=headers, allow_redirects=False,
    )  # fmt: skip
    assert answer.status == 303, await answer.text()
    stored = await owner.fetch("SELECT starts_at FROM requested_time ORDER BY rank")
    assert [row["starts_at"] for row in stored] == [datetime.fromisoformat(time) for time in chosen]


async def test_r070_a_time_that_is_not_free_any_more_is_refused_and_stays_chosen(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner, "Planned care")
    time = (await free_times(visitor, clinic, service=clinic["service"]))[-1]
    await owner.execute("DELETE FROM weekly_hours")
    status, page, _ = await as_form(visitor, **clinic, when="scheduled", times=time)
    assert status == 422 and "Your first choice is not offered" in page
    assert re.search(rf'<option value="{re.escape(time)}" selected', page)
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


async def test_the_form_without_script_shows_the_times_of_another_choice_and_stores_nothing(
    site: Site, owner: Connection
) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner, "Planned care")
    since = later(24 * 20)
    path = f"/clinics/{clinic['clinic']}/ask"
    status, page, _ = await as_form(visitor, path, **clinic, note="typed", since=since, when="scheduled")
    assert status == 200 and ">typed</textarea>" in page and "Earlier" in page
    shown = re.findall(r'<option value="([^"]+)"[^>]*data-free', page)
    assert min(map(datetime.fromisoformat, shown)) >= datetime.fromisoformat(since)
    assert await owner.fetchval("SELECT count(*) FROM request") == 0


@pytest.mark.parametrize("query", ["since=never", "since=9999-01-01T00:00:00Z", "service=%00", "time=x", "host=nobody"])
async def test_links_with_nonsense_fill_in_nothing(site: Site, owner: Connection, query: str) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner, "Planned care")
    for path in ("ask", "times"):
        answer = await visitor.get(f"/clinics/{clinic['clinic']}/{path}?{query}")
        assert answer.status in ((404,) if "%00" in query else (200, 422))


async def test_a_closed_clinics_page_says_so_instead_of_a_form(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    await owner.execute("UPDATE clinic SET open = false")
    page = await (await visitor.get(f"/clinics/{clinic['clinic']}/ask")).text()
    assert "takes no requests just now" in page and 'id="ask"' not in page


async def test_withdrawing_twice_is_told_with_the_receipt(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    request = (await ask(visitor, **clinic))["request"]
    path = f"/requests/{request}/withdraw"
    first = await visitor.post(path, key="withdraw-once")
    assert (await first.json())["state"] == "withdrawn"
    assert (await (await visitor.post(path, key="withdraw-once")).json())["state"] == "withdrawn"
    status, page, _ = await as_form(visitor, path)
    assert status == 409 and "already withdrawn" in page and "withdrawn by you" in page
    assert (await (await (await site.visitor("david")).post(path)).json())["error"] == "not_found"


async def test_an_expired_request_is_worked_off_by_its_job_and_shown(site: Site, owner: Connection) -> None:
    visitor, clinic = await site.visitor("chloe"), await clinic_of(owner)
    await owner.execute("UPDATE clinic SET now_expires_after = '1 second'")
    request = (await ask(visitor, **clinic))["request"]

    async def expired() -> bool:
        return await owner.fetchval("SELECT state = 'expired' FROM request")

    await eventually(expired, 20)
    page = await (await visitor.get(f"/requests/{request}")).text()
    assert "expired" in page and "Withdraw" not in page
    sent = "SELECT count(*) FROM mail WHERE kind = 'expired' AND sent_at IS NOT NULL"
    await eventually(lambda: owner.fetchval(sent), 20)
