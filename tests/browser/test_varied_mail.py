"""Two hundred articles, no two alike, in every template: nothing keeps mail back, and nothing sticks out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from pipeline.collect.fetch import Response
from pipeline.collect.source import SourceState
from pipeline.collect.sources.feed import FeedSource
from pipeline.domain.article import Article, ArticleId
from pipeline.domain.message import Message, html_values
from pipeline.publish.permalink import permalink
from pipeline.render import Brand, Look, Renderer, VariantFacts
from pipeline.render.findings import Level
from pipeline.render.preflight import preflight
from tests.fakes.varied_articles import COUNT, varied_feed

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIELDS = {"greeting": "Hello Anna,", "unsubscribe_url": "https://news.example.org/unsubscribe/x"}
LOOK = Look(
    name="n",
    title="Das Magazin & mehr",
    from_="n@news.example.org",
    site_title="Das Magazin",
    site_url="https://news.example.org/",
    brand=Brand(postal_address="Musterweg 1"),
)
TEMPLATES = ("digest", "full", "brief", "instant")
TOGETHER = 10
EVERY = 4
"""Each of so many is mailed alone too, and looked at in a browser."""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><rect width="1200" height="675"/></svg>'
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  const wide = element.closest('[class=wide]');
  return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5) && (!wide || wide === element);
}).map(element => element.outerHTML.slice(0, 200))"""


class Document:
    """Answers with the feed."""

    def get(self, url: str, **_: object) -> Response:
        return Response(status=200, url=url, body=varied_feed(), content_type="application/feed+json")


@cache
def articles() -> tuple[Article, ...]:
    source = FeedSource(
        name="magazin",
        url="https://magazin.example.org/feed.json",
        fetcher=Document(),  # type: ignore[arg-type]
        timezone=ZoneInfo("Europe/Berlin"),
    )
    found = [one.content for one in source.collect(SourceState(), lambda _key: None, NOW).sightings if one.content]
    assert len(found) == COUNT
    return tuple(
        Article(
            id=ArticleId(number),
            public_id=f"tag:news.example.org,2026:{number}",
            revision=1,
            content=content,
            first_seen=NOW,
            changed=NOW,
        )
        for number, content in enumerate(found, 1)
    )


@cache
def renderer() -> Renderer:
    return Renderer([ROOT / "templates"])


@cache
def rendered(template: str, chosen: tuple[Article, ...], language: str = "de") -> Message:
    base = "https://news.example.org/feeds"
    facts = VariantFacts(cadence="daily", slot=NOW, articles=[(one, permalink(one, base)) for one in chosen])
    return renderer().render(replace(LOOK, template=template, language=language), facts)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_article_keeps_its_issue_from_being_mailed(template: str) -> None:
    alone = [(str(one.id), (one,)) for one in articles()[::EVERY]]
    together = [(f"from {n}", articles()[n : n + TOGETHER]) for n in range(0, COUNT, TOGETHER)]
    errors = {
        name: found for name, chosen in (*alone, *together) if (found := _errors(rendered(template, chosen), template))
    }
    assert errors == {}


def _errors(message: Message, template: str) -> list[str]:
    found = preflight(message, replace(LOOK, template=template), set(FIELDS), extra=1_000)
    return [f"{one.code} {one.place}: {one.what}" for one in found if one.level is Level.ERROR]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_article_fits_a_phone_and_a_desktop(browser: Browser, template: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=SVG, content_type="image/svg+xml")

    issues = [(one,) for one in articles()[::EVERY]]
    issues += [articles()[n : n + TOGETHER] for n in range(0, COUNT, TOGETHER * EVERY)]
    found: dict[str, list[str]] = {}
    page = browser.new_page()
    page.route("**/*", answer)
    for issue in issues:
        html = rendered(template, issue).merge_html.join(html_values(FIELDS))
        page.set_content(html, wait_until="load")
        for width in (320, 600):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
                if out := page.evaluate(OVERFLOWING):
                    found[f"{issue[0].id} of {len(issue)}, {width}, {scheme}"] = out
    page.close()
    assert found == {}


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_text_part_keeps_to_its_width(template: str) -> None:
    for one in articles()[::EVERY]:
        text = rendered(template, (one,)).text
        long = [
            line for line in text.splitlines() if len(line) > 72 and " " in re.sub(r"^\s*(\[\d+\]|[>|-])*\s*", "", line)
        ]
        assert long == [], one.content.title
