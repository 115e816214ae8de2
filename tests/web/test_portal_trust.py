"""Faults that a review of the portal found; each stays proved here."""

import gzip
import time
import zlib
from contextlib import suppress
from typing import Any

import pytest

from people.errors import Invalid
from portal import money, uploads
from records.database import Connection
from tests.dispatch.choosing import ids, let_choose
from tests.web.conftest import Site

PDF_END = b"\nstartxref\n9\n%%EOF\n"
EMPTY = zlib.compress(b"")


@pytest.mark.parametrize(
    "filling",
    [b"/ObjStm " * 1_250_000, (b"/ObjStm stream\n" + EMPTY + b" ") * 4_000 + b"x" * 9_000_000, b"#41" * 3_300_000,
     b"/J#61vaScrip " * 700_000],
    ids=["packed objects that are none", "many empty streams", "escaped letters", "almost a program"],
)  # fmt: skip
def test_t17_no_pdf_of_ten_megabytes_keeps_the_server_busy(filling: bytes) -> None:
    began = time.process_time()
    with suppress(Invalid):
        uploads.examine("x.pdf", b"%PDF-1.7\n" + filling + PDF_END)
    assert time.process_time() - began < 2  # the first took seconds without letting go, the second an hour


@pytest.mark.parametrize("name", [b"/JavaScript", b"/J#61vaScript", b"/#4aavaScript", b"/#4Aava#53cript"])
def test_t17_a_program_in_a_pdf_is_found_however_its_name_is_spelled(name: bytes) -> None:
    hidden = zlib.compress(b"1 0 << /S " + name + b" >>")
    for content in (name + b" (x)", b"<</Type /ObjStm /Filter /FlateDecode>> stream\r\n" + hidden):
        with pytest.raises(Invalid, match="holds a program"):
            uploads.examine("x.pdf", b"%PDF-1.7\n" + content + PDF_END)


async def test_t17_a_packed_field_is_not_unpacked(site: Site) -> None:
    """64 KB could have become 32 MB of text, in memory and in the page that shows what was typed."""
    chloe = await site.visitor("chloe")
    packed = gzip.compress(b"a" * 20_000_000)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="body"\r\nContent-Encoding: gzip\r\n\r\n'
        + packed
        + b"\r\n--x--\r\n"
    )
    headers = {"Origin": site.url, "Content-Type": "multipart/form-data; boundary=x"}
    async with chloe.session.post("/messages/new", data=body, headers=headers, allow_redirects=False) as answer:
        assert answer.status in (403, 422) and len(await answer.read()) < 100_000


@pytest.mark.parametrize("amount", ["1e30", "9" * 400, "-1e400", "NaN", "sNaN", "Infinity", "1e-30", "0.001"])
def test_t19_no_amount_is_too_strange_to_be_refused_in_words(amount: str) -> None:
    with pytest.raises(Invalid, match="Please give an amount"):
        money.typed(amount, "amount")


@pytest.mark.parametrize("path", ["/organization/settings", "/messages/new"])
async def test_t17_a_body_that_is_no_form_is_told_so(site: Site, path: str) -> None:
    olivia = await site.visitor("olivia")
    headers = {"Origin": site.url, "Accept": "application/json", "Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"--x\r\nnonsense", b"--x\r\nnonsense\r\n\r\nq", b"--y", b""):
        async with olivia.session.post(path, data=body, headers=headers) as answer:
            assert answer.status == 422, body


async def test_a_strange_time_or_part_of_the_schedule_is_refused(site: Site, owner: Connection) -> None:
    await let_choose(owner)
    known, chloe = await ids(owner), await site.visitor("chloe")
    assert (await chloe.get("/schedule?part")).status == 404
    for at in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01T10:00", "x"):
        query: dict[str, Any] = {"host": known["host"], "service": known["service"], "time": at}
        assert (await chloe.get("/schedule/book", params=query)).status == 422, at
        assert (await chloe.post("/schedule", **query)).status == 422, at
