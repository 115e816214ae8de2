"""Walks through pages as a browser would if somebody pressed every link: for tests of what people can reach."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from aiohttp.web import RouteDef

from tests.web.conftest import Visitor
from web.routes import ROUTES

LEADS = {"a": "href", "img": "src", "video": "src", "iframe": "src", "link": "href", "object": "data", "embed": "src"}
UNFOLLOWED = ("/static/", "/sign-out", "/mailbox", "/api", "/openapi.json", "/join/")
"""Files, the way out, and what is the same for everybody."""
longest = 400


class Leads(HTMLParser):
    """What a page leads to: addresses that are read, and addresses that its forms post to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []
        self.posts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in (LEADS.get(tag, ""), "data-part"):
            if address := given.get(name):
                self.reads.append(address)
        if tag == "form":
            way = self.posts if (given.get("method") or "").lower() == "post" else self.reads
            way.append(given.get("action") or "")
        if action := given.get("formaction"):
            self.posts.append(action)


@dataclass
class Walk:
    """`pages`: path -> text of what was shown; `posts`: where forms would have been sent; `refused`: what was not."""

    pages: dict[str, str] = field(default_factory=dict)
    posts: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)


async def walk(visitor: Visitor, begin: Iterable[str]) -> Walk:
    """Everything that can be read from there on; of one route with one set of query names a handful."""
    found, waiting, seen = Walk(), list(begin), set[str]()
    counts: dict[tuple[str, ...], int] = {}
    while waiting:
        path = waiting.pop(0)
        kind = (route_of("GET", path) or path, *sorted(re.findall(r"[?&](\w+)=", path)))
        if path in seen or counts.get(kind, 0) >= 6:
            continue
        seen.add(path)
        counts[kind] = counts.get(kind, 0) + 1
        assert len(seen) < longest, "this walk has no end"
        async with visitor.session.get(path, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307):
                waiting += local(path, [answer.headers["Location"]])
                continue
            if answer.status != 200:
                found.refused[path] = answer.status
                continue
            body = await answer.read()
        found.pages[path] = body.decode(errors="replace")
        if answer.content_type != "text/html":
            continue
        leads = Leads()
        leads.feed(found.pages[path])
        waiting += local(path, leads.reads)
        found.posts |= {urlsplit(one).path for one in local(path, leads.posts)}
    return found


def local(page: str, addresses: Iterable[str]) -> Iterator[str]:
    """Those on this site, whole, without what only browsers see."""
    for address in addresses:
        whole = urlsplit(urldefrag(urljoin(f"http://here{page}", unescape(address)))[0])
        if whole.netloc == "here" and not whole.path.startswith(UNFOLLOWED):
            yield whole.path + (f"?{whole.query}" if whole.query else "")


PATTERNS = [
    (route.method, re.compile(re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(route.path))), route.path)
    for route in ROUTES
    if isinstance(route, RouteDef)
]


def route_of(method: str, path: str) -> str | None:
    """The route of web/routes.py that answers there."""
    plain = urlsplit(path).path
    return next((named for verb, pattern, named in PATTERNS if verb == method and pattern.fullmatch(plain)), None)


BARE = sorted(
    route.path
    for route in ROUTES
    if isinstance(route, RouteDef)
    and route.method == "GET"
    and not re.search(r"\{|^/(mailbox|api|openapi)", route.path)
)
"""Every page that needs no id: tried whether or not something leads there."""
