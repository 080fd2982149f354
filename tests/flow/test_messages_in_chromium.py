from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from pipeline.domain.article import Article, Author, Picture
from pipeline.render import Look, Renderer, VariantFacts
from tests.fakes.articles import make_article

ROOT = Path(__file__).parents[2]
EVERYTHING = (ROOT / "tests" / "data" / "render" / "everything.html").read_text(encoding="utf-8")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LOOK = Look(
    name="weekly",
    title="The Weekly Signal",
    from_="Editors <editors@news.example.org>",
    site_title="Example News",
    site_url="https://news.example.org/",
    feed_url="https://news.example.org/feeds/all/atom.xml",
    postal_address="1 Example Road\nExampleton",
)
PICTURE = Picture(url="https://pictures.example.org/1.svg", alt="A pier", width=1200, height=675)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><rect width="1200" height="675"/></svg>'

# What sticks out of the window, but for what is in a box that scrolls.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  const wide = element.closest('[class=wide]');
  return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5) && (!wide || wide === element);
}).map(element => element.outerHTML.slice(0, 200))"""

# The texts whose contrast with the ground that they stand on is below 4.5 (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const parts = colour => { const n = colour.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length) continue;
    let ground = element;
    while (ground && !parts(getComputedStyle(ground).backgroundColor)[3]) ground = ground.parentElement;
    const under = light(ground ? parts(getComputedStyle(ground).backgroundColor) : [255, 255, 255, 1]);
    const ink = light(parts(getComputedStyle(element).color));
    const ratio = (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
    if (ratio < 4.5) found.push(`${element.outerHTML.slice(0, 120)} ${ratio}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield started
        started.close()


def issues() -> Iterator[tuple[str, list[Article], str]]:
    whole = make_article("Everything an article may hold", EVERYTHING, picture=PICTURE, authors=(Author(name=LONG),))
    arabic = make_article("أخبار الذكاء", "<p>نص</p><ul><li>أولا</li></ul>", language="ar", picture=PICTURE)
    plain = make_article(LONG, teaser=f"https://example.org/{LONG}", topics=(LONG,))
    tall = make_article("Tall", picture=Picture(url=PICTURE.url, alt="Tall", width=400, height=900))
    yield "one article", [whole], "en"
    yield "one article from right to left", [arabic], "ar"
    yield "several articles", [make_article("Lead", picture=PICTURE), plain, tall, arabic, whole], "de"


@pytest.mark.parametrize(("articles", "language"), [pytest.param(*rest, id=name) for name, *rest in issues()])
def test_a_message_fits_and_can_be_read_on_a_phone_and_a_desktop_in_light_and_dark(
    browser: Browser, articles: list[Article], language: str
) -> None:
    facts = VariantFacts(
        cadence="weekly",
        slot=datetime(2026, 1, 7, tzinfo=UTC),
        articles=[(article, article.content.url or "") for article in articles],
    )
    look = replace(LOOK, language=language)
    html = (
        Renderer([ROOT / "templates"])
        .render(look, facts)
        .merge_html.join({"greeting": f"Hello {LONG},", "unsubscribe_url": "https://news.example.org/unsubscribe"})
    )
    found: dict[str, Any] = {}
    for width in (320, 600):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.route("**/*", answer)
            page.set_content(html, wait_until="load")
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert ground == ("rgb(243, 244, 242)" if scheme == "light" else "rgb(16, 18, 20)")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found |= {f"{width} {scheme} {text}": text for text in page.evaluate(OVERFLOWING) + page.evaluate(FAINT)}
            page.close()
    assert found == {}


def answer(route: Route) -> None:
    """Pictures as if there were a network."""
    route.fulfill(body=SVG, content_type="image/svg+xml")
