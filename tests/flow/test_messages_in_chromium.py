from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, sync_playwright

from pipeline.domain.article import Article, Author, Picture
from pipeline.domain.message import Message, html_values
from pipeline.render import Brand, Correction, Logo, Look, Notice, Renderer, VariantFacts
from pipeline.render.inline import Inliner
from pipeline.render.notices import Kind
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
    archive_url="https://news.example.org/archive/",
    help_url="https://news.example.org/help/",
    preferences=True,
    brand=Brand(
        postal_address="1 Example Road\nExampleton",
        footer="A service of the Example Publishing House.",
        logo=Logo(url="https://pictures.example.org/logo.png", width=40, height=40),
        social=(("Mastodon", "https://mastodon.example/@news"), ("LinkedIn", "https://linkedin.example/news")),
    ),
)
TEMPLATES = ("digest", "full", "brief", "instant")
FIELDS = {
    "greeting": f"Hello {LONG},",
    "unsubscribe_url": "https://news.example.org/unsubscribe",
    "preferences_url": "https://news.example.org/preferences",
    "confirm_url": f"https://news.example.org/confirm/{LONG}{LONG}",
    "resubscribe_url": "https://news.example.org/resubscribe",
}
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


def messages(renderer: Renderer) -> Iterator[tuple[str, str]]:
    """Every template with every kind of issue, and every notice, filled in."""
    for template in TEMPLATES:
        for name, articles, language in issues():
            look = replace(LOOK, language=language, template=template)
            yield f"{template}, {name}", filled(renderer.render(look, facts(articles)))
    for kind in Kind:
        for language in ("de", "ar"):
            notice = renderer.notice(replace(LOOK, language=language), Notice(kind=kind, cadence="weekly"))
            yield f"{kind}, {language}", filled(notice)


def facts(articles: list[Article]) -> VariantFacts:
    slot = datetime(2026, 1, 7, tzinfo=UTC)
    return VariantFacts(
        cadence="weekly",
        slot=slot,
        articles=[(article, article.content.url or "") for article in articles],
        page_url="https://news.example.org/issues/1",
        sections=("AI", *["Rest"] * (len(articles) - 1)),
        corrections=(Correction(title=LONG, url="https://example.org/old", carried=slot),),
    )


def filled(message: Message) -> str:
    return message.merge_html.join(html_values(FIELDS))


RENDERED = dict(messages(Renderer([ROOT / "templates"])))


@pytest.mark.parametrize("name", RENDERED)
def test_a_message_fits_and_can_be_read_on_a_phone_and_a_desktop_in_light_and_dark(browser: Browser, name: str) -> None:
    found: dict[str, Any] = {}
    page = browser.new_page()
    page.route("**/*", answer)
    page.set_content(RENDERED[name], wait_until="load")
    for width in (320, 600):
        for scheme, ground in (("light", "rgb(243, 244, 242)"), ("dark", "rgb(16, 18, 20)")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found |= {f"{width} {scheme} {text}": text for text in page.evaluate(OVERFLOWING) + page.evaluate(FAINT)}
    page.close()
    assert found == {}


# Rules about pages that a message can't keep: it is shown within the page of a mail program, which has a main landmark
# and others around it.  A second one in it would be wrong there; what it is instead, it says by role="article".
NOT_OF_A_PAGE = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}


@pytest.mark.parametrize("name", RENDERED)
def test_a_message_is_accessible_in_light_and_dark(browser: Browser, name: str) -> None:
    found: dict[str, Any] = {}
    page = browser.new_page()
    page.route("**/*", answer)
    page.set_content(RENDERED[name], wait_until="load")
    for width in (320, 600):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
            violations = Axe().run(page, options={"rules": NOT_OF_A_PAGE}).response["violations"]
            found |= {f"{width} {scheme} {one['id']}": [node["html"] for node in one["nodes"]] for one in violations}
    page.close()
    assert found == {}


# What every element looks like: the properties that our style sheets set.
LOOKS = """() => [...document.querySelectorAll('body, body *')].map(element => {
  const style = getComputedStyle(element);
  return [element.tagName, ...%s.map(name => `${name}: ${style.getPropertyValue(name)}`)].join('; ');
})"""


def test_inlining_changes_nothing_and_without_style_blocks_only_dark_and_phones_suffer(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    css = Renderer([ROOT / "templates"])._frame.templates.render("style.css", {"brand": LOOK.brand, "column": 536})
    names = sorted(set(re.findall(r"[{;]\s*([a-z-]+):", css)) - {"mso-hide", "text-size-adjust"})
    with monkeypatch.context() as patch:
        patch.setattr(Inliner, "_document", lambda _, html: html)
        plain = dict(messages(Renderer([ROOT / "templates"])))
    page = browser.new_page()
    page.route("**/*", answer)

    def looks(html: str, width: int, scheme: str) -> list[str]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
        page.set_content(html, wait_until="load")
        seen: list[str] = page.evaluate(LOOKS % json.dumps(names))
        return seen

    for name in ("full, several articles", "digest, several articles", "brief, one article", "confirm, de"):
        # A sheet that is not inlined comes first, as inline styles lose to what is important.
        sheet = plain[name].replace("<style data-premailer", f"<style>{css}</style><style data-premailer", 1)
        stripped = re.sub(r"<style(?:(?!</style>).)*</style>", "", RENDERED[name], flags=re.DOTALL)
        for width, scheme in ((320, "light"), (320, "dark"), (700, "light"), (700, "dark")):
            assert looks(RENDERED[name], width, scheme) == looks(sheet, width, scheme), (name, width, scheme)
        assert looks(stripped, 700, "light") == looks(RENDERED[name], 700, "light"), name
    page.close()


def answer(route: Route) -> None:
    """Pictures as if there were a network."""
    route.fulfill(body=SVG, content_type="image/svg+xml")
