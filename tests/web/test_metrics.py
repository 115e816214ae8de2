"""The relay's figures for Prometheus: who may read them, and what they tell."""

import re
from typing import Any

import pytest

from tests.web.conftest import Site

LINE = re.compile(r'[a-z_]+(\{[a-z_]+="[a-z]+"(,[a-z_]+="[a-z]+")*\})? -?[0-9.e+-]+')


async def read(site: Site, **headers: str) -> tuple[int, str]:
    async with (await site.visitor()).session.get(f"{site.url}/metrics", headers=headers) as answer:
        return answer.status, await answer.text()


async def test_this_machine_reads_sums_and_no_person(site: Site) -> None:
    status, text = await read(site)
    assert status == 200
    figures = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in figures)
    assert 'anteroom_media_connections{gate="open"} 0' in figures
    names = {re.split(r"[ {]", line)[0] for line in figures}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert names <= typed


async def test_what_a_proxy_passes_on_does_not_count_as_this_machine(site: Site) -> None:
    status, text = await read(site, **{"X-Forwarded-For": "127.0.0.1"})
    assert status == 404 and "anteroom_media" not in text


class TestWithToken:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"metrics_token": "let-me-in"}

    @pytest.mark.parametrize(
        ("told", "status"), [("", 404), ("let-me-in", 404), ("Bearer let-me-i", 401), ("Bearer let-me-inx", 401)]
    )
    async def test_nothing_but_the_token_opens(self, site: Site, told: str, status: int) -> None:
        answered, text = await read(site, Authorization=told)
        assert answered == status and "anteroom_media" not in text

    async def test_the_token_opens_from_anywhere(self, site: Site) -> None:
        headers = {"Authorization": "Bearer let-me-in", "X-Forwarded-For": "192.0.2.1"}
        assert (await read(site, **headers))[0] == 200
