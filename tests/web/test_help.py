"""Help: every article whole, its jump links true, and each page's related articles there (R-190, R-191)."""

import re
from pathlib import Path

import pytest

from tests.web.conftest import Site
from web.help import ARTICLES, FILMS, RELATED, recording, related
from web.view import environment

TEMPLATES = Path("web/templates")
WITHOUT = {
    "api/page.html",
    "board/wall.html",
    "error.html",
    "home/front.html",
    "mailbox/page.html",
    "sessions/visit.html",
}
"""Pages that have no room for it, or nothing that it could be related to."""


async def test_r190_every_article_has_jump_links_that_lead_somewhere(site: Site) -> None:
    olivia = await site.visitor("olivia")
    index = await (await olivia.get("/help")).text()
    for name, article in ARTICLES.items():
        text = await (await olivia.get(f"/help/{name}")).text()
        assert f'href="/help/{name}"' in index
        assert f"<h1>{article.title}</h1>" in text
        jumps = re.findall(r'<li><a href="#([\w-]+)">', text)
        assert jumps and jumps == re.findall(r'<h2 id="([\w-]+)"', text), name
        for linked in re.findall(r'href="/help/([\w-]+)"', text):
            assert linked in ARTICLES


async def test_r190_before_signing_in_only_what_clients_need_is_there(site: Site) -> None:
    stranger = await site.visitor()
    index = await (await stranger.get("/help")).text()
    for name, article in ARTICLES.items():
        answer = await stranger.get(f"/help/{name}", allow_redirects=False)
        assert answer.status == (200 if article.public else 303)
        assert (f'href="/help/{name}"' in index) == article.public
    assert (await stranger.get("/help/nothing")).status == 404
    assert (await stranger.get("/help/_related")).status == 404


async def test_r190_the_staffs_articles_are_for_the_staff(site: Site) -> None:
    chloe = await site.visitor("chloe")
    index = await (await chloe.get("/help")).text()
    for name, article in ARTICLES.items():
        assert (await chloe.get(f"/help/{name}")).status == (200 if article.public else 404)
        assert (f'href="/help/{name}"' in index) == article.public


@pytest.mark.parametrize("topic", RELATED)
def test_r191_every_topic_has_its_articles(topic: str) -> None:
    articles = related(topic)
    shown = environment().get_template("help/_related.html").render(topic=topic)
    assert articles
    for article in articles:
        assert f'<a href="/help/{article.name}">{article.title}</a>' in shown


def test_r191_every_topic_that_a_page_names_is_known() -> None:
    named = {
        topic
        for path in TEMPLATES.rglob("*.html")
        for topic in re.findall(r'{% (?:with|set) topic = "(\w+)" %}', path.read_text())
    }
    assert named <= RELATED.keys()


def test_every_article_has_its_template_and_every_template_its_article() -> None:
    assert {path.stem for path in (TEMPLATES / "help" / "articles").iterdir()} == ARTICLES.keys()


def test_r191_every_page_offers_related_help() -> None:
    pages = {str(path.relative_to(TEMPLATES)): path.read_text() for path in TEMPLATES.rglob("*.html")}
    own = {name for name, text in pages.items() if '{% extends "base.html" %}' in text and not name.startswith("help/")}
    assert {name for name in own if "help/_related.html" not in pages[name]} == WITHOUT


def test_r190_r191_every_recording_is_short_has_captions_and_is_shown_somewhere() -> None:
    articles = "".join(path.read_text() for path in (TEMPLATES / "help" / "articles").iterdir())
    shown = set(re.findall(r'film\("([\w-]+)"\)', articles))
    assert shown == {path.stem for path in FILMS.glob("*.webm")} == {path.stem for path in FILMS.glob("*.vtt")}
    for name in shown:
        told = recording(name)
        assert told.title and len(told.sentences) >= 3
        assert all(sentence.endswith(".") for sentence in told.sentences)
        assert (FILMS / f"{name}.webm").stat().st_size < 600_000


async def test_r191_a_recording_is_served_as_a_film_with_its_captions_and_its_text(site: Site) -> None:
    stranger = await site.visitor()
    text = await (await stranger.get("/help/asking")).text()
    assert 'src="/static/help/requests.webm"' in text and recording("requests").sentences[0] in text
    for suffix, kind in ((".webm", "video/webm"), (".vtt", "text/vtt")):
        answer = await stranger.get(f"/static/help/requests{suffix}")
        assert (answer.status, answer.content_type) == (200, kind)
