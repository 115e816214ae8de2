"""Whether people with other eyes, hands and screens can use a page: axe's rules up to WCAG 2.2 AA, and reflow."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize

from tests.e2e.people import DESKTOP, PHONE

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": STANDARDS}}


@dataclass(frozen=True)
class Look:
    """One way to look at a page."""

    viewport: ViewportSize
    colours: Literal["light", "dark"]


LOOKS = tuple(Look(viewport, colours) for viewport in (DESKTOP, PHONE) for colours in ("light", "dark"))
BRIEFLY = (LOOKS[0], LOOKS[-1])
"""Wide and light, narrow and dark."""


async def assert_accessible(page: Page, looks: Iterable[Look] = LOOKS) -> None:
    """No serious finding, and no sideways scrolling (WCAG 1.4.10), in any of these looks; an open dialog stays open.

    The page is left as wide as it was, in its own colours.
    """
    before = page.viewport_size
    findings: list[str] = []
    for look in looks:
        await page.set_viewport_size(look.viewport)
        await page.emulate_media(color_scheme=look.colours, reduced_motion="reduce")
        await page.evaluate("document.getAnimations().forEach((one) => one.cancel())")
        name = f"{look.viewport['width']} wide, {look.colours}"
        findings += [f"{name}: {finding}" for finding in [*await _grave(page), *await _overflow(page)]]
    await page.emulate_media(color_scheme="null", reduced_motion="null")
    if before:
        await page.set_viewport_size(before)
    assert not findings, "\n".join(findings)


async def _grave(page: Page) -> list[str]:
    results = await Axe().run(page, options=OPTIONS)
    return [
        told
        for violation in results.response["violations"]
        if violation["impact"] in GRAVE
        for told in _tell(violation)
    ]


def _tell(violation: dict[str, Any]) -> list[str]:
    return [f"{violation['id']}: {node['html'][:200]}\n    {node['failureSummary']}" for node in violation["nodes"]]


async def _overflow(page: Page) -> list[str]:
    """The visible elements that stick out to the right, if the page can be scrolled sideways."""
    return list(
        await page.evaluate("""() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width + 1) return [];
          const all = [...document.body.querySelectorAll('*')];
          const out = all.filter((one) => one.getBoundingClientRect().right > width + 1);
          return out.slice(-3).map((one) => 'sticks out sideways: ' + one.outerHTML.slice(0, 200));
        }""")
    )
