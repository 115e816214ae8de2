"""People of a simulated day: each has a browser's cookies, reads pages as a person does, and fills in their forms."""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp
import socketio
from aiohttp import ClientSession, ClientTimeout, CookieJar

Fields = dict[str, list[str]]


class FormReader(HTMLParser):
    """What a form offers: `choices` by field name, which fields are `required`, and the `links` of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.choices: defaultdict[str, list[str]] = defaultdict(list)
        self.required: set[str] = set()
        self.links: list[str] = []
        self._select = ""
        self._option_open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        name = found.get("name") or ""
        if "required" in found:
            self.required.add(name)
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        elif tag == "select":
            self._select = name
        elif tag == "option":
            self._option_open = "value" not in found
            if found.get("value"):
                self.choices[self._select].append(str(found["value"]))
        elif tag in ("input", "textarea", "button") and name:
            self.choices[name].append(found.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._option_open and data.strip():
            self.choices[self._select].append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "option":
            self._option_open = False


@dataclass
class Tally:
    """What was done, how often, how it was answered and how long it took (seconds)."""

    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, verb: str, answer: str, seconds: float) -> None:
        self.done[verb, answer] += 1
        self.took[verb].append(seconds)

    def count(self, verb: str, answer: str = "ok") -> int:
        return self.done[verb, answer]

    @property
    def broken(self) -> int:
        """Answers that are nobody's fault but the server's, and none at all."""
        return sum(number for (_, answer), number in self.done.items() if answer in ("no answer", "failed", "500"))


class Browser:
    """One person, signed in once; the server's own page is `url`."""

    patience_seconds = 15.0

    def __init__(self, url: str, organization: str, username: str, tally: Tally) -> None:
        self.username = username
        self.signed_in = False
        self._url = url
        self._organization = organization
        self._tally = tally
        self._session = ClientSession(
            cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout(self.patience_seconds), headers={"Origin": url}
        )
        self._socket = socketio.AsyncClient()

    async def sign_in(self, password: str) -> bool:
        """Once; a limit is waited for as it asks. False if the person is not known here."""
        path = f"/at/{self._organization}/sign-in"
        while True:
            status, _, wait = await self._send("sign in", path, {"login": [self.username], "password": [password]})
            if status != 429:
                self.signed_in = status == 200
                return self.signed_in
            await asyncio.sleep(wait)

    async def open_page(self) -> None:
        """A page's socket: the person is here, and their board is live."""
        try:
            await self._socket.connect(
                self._url, headers=self._headers, namespaces=["/board"], transports=["websocket"]
            )
        except socketio.exceptions.ConnectionError:
            self._tally.add("open a page", "refused", 0)

    def _headers(self) -> dict[str, str]:
        """Asked at each connection: the library takes the cookie out of a dict, and would come back signed out."""
        cookie = "; ".join(f"{morsel.key}={morsel.value}" for morsel in self._session.cookie_jar)
        return {"Cookie": cookie, "Origin": self._url}

    async def read(self, path: str) -> FormReader:
        """A page's form; an empty one if it cannot be had."""
        async with self._timed("read a page") as said, self._session.get(self._url + path) as answer:
            said.append(str(answer.status))
            return FormReader(await answer.text() if answer.status == 200 else "")
        return FormReader("")

    async def board(self) -> list[dict[str, Any]]:
        """The pending requests, oldest first."""
        asked = self._session.get(f"{self._url}/board", headers={"Accept": "application/json"})
        async with self._timed("load the board") as said, asked as answer:
            said.append(str(answer.status))
            if answer.status == 200:
                return list((await answer.json())["rows"])
        return []

    async def post(self, verb: str, path: str, fields: Fields) -> tuple[int, dict[str, Any]]:
        """What was answered: status (0: nothing) and JSON."""
        status, told, _ = await self._send(verb, path, fields)
        return status, told

    async def close(self) -> None:
        await self._socket.shutdown()
        await self._session.close()

    async def _send(self, verb: str, path: str, fields: Fields) -> tuple[int, dict[str, Any], float]:
        pairs = [(name, value) for name, values in fields.items() for value in values]
        asked = self._session.post(self._url + path, data=pairs, headers={"Accept": "application/json"})
        async with self._timed(verb) as said, asked as answer:
            told = await answer.json() if answer.content_type == "application/json" else {}
            said.append(str(answer.status) if answer.status < 400 else str(told.get("error", answer.status)))
            return answer.status, told, float(answer.headers.get("Retry-After", 5))
        return 0, {}, 5

    def _timed(self, verb: str) -> "Timed":
        return Timed(self._tally, verb)


class Timed:
    """Counts one exchange; a connection that fails is counted as no answer, and the day goes on."""

    def __init__(self, tally: Tally, verb: str) -> None:
        self._tally = tally
        self._verb = verb
        self._said: list[str] = []
        self._began = 0.0

    async def __aenter__(self) -> list[str]:
        self._began = time.monotonic()
        return self._said

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        failed = isinstance(error, aiohttp.ClientError | OSError | TimeoutError)
        if error is not None and not failed:
            return False
        said = "no answer" if failed or not self._said else self._said[0]
        answer = "ok" if said.startswith("2") else said
        self._tally.add(self._verb, answer, time.monotonic() - self._began)
        return failed
