"""The OpenAPI document says what the code does: it is made from it, and a fuzzer holds the code to it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from people.tokens import SCOPES as KNOWN
from tests.web.conftest import Site
from tests.web.test_tokens import token
from web.bodies import BODIES
from web.openapi import document
from web.routes import ROUTES
from web.scopes import SCOPES

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SECONDS = 15


def test_every_route_that_a_token_may_post_to_says_what_it_reads() -> None:
    assert {path for method, path in SCOPES if method == "POST"} == set(BODIES)


def test_the_document_describes_every_route_of_a_token_in_words() -> None:
    made = document(ROUTES, "http://localhost:8080")
    described = {(method.upper(), path) for path, operations in made["paths"].items() for method in operations}
    assert described == set(SCOPES)
    operations: list[dict[str, Any]] = [each for one in made["paths"].values() for each in one.values()]
    assert all(operation["summary"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    submit = made["components"]["schemas"]["Submit"]["properties"]
    assert {"clinic", "service", "times", "key"} <= submit.keys()


async def test_the_page_shows_every_route_with_its_scope(site: Site) -> None:
    text = await (await (await site.visitor()).get("/api")).text()
    for (method, path), scope in SCOPES.items():
        assert f"{method} {path}" in text
        assert scope in text


async def test_schemathesis_finds_no_answer_that_the_document_does_not_tell(site: Site, tmp_path: Path) -> None:
    made = {name: await token(await site.visitor(name), *KNOWN) for name in ("olivia", "sam")}
    runs = [_fuzz(site, bearer, tmp_path) for bearer in made.values()]
    for code, output in await asyncio.gather(*runs):
        assert code == 0, output


async def _fuzz(site: Site, bearer: str, folder: Path) -> tuple[int | None, str]:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/openapi.json", "--url", site.url]
    command += ["-H", f"Authorization: Bearer {bearer}", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]
    command += ["-H", "Accept: application/json"]
    command += ["--max-time", str(SECONDS), "--max-examples", "3", "--seed", "1", "--no-shrink", "--warnings", "off"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()[-6000:]


def test_a_summary_is_a_sentence_without_addresses_and_rule_ids() -> None:
    made = document(ROUTES, "http://localhost:8080")
    for operations in made["paths"].values():
        for operation in operations.values():
            assert not set(operation["summary"]) & {"`"}
            assert operation["summary"][0].isupper() or not operation["summary"][0].isalpha()
            assert "(R-" not in operation["summary"]
