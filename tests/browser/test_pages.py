"""The public pages as people see them: on a phone and on a desktop, in light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, sync_playwright

from pipeline.audience.choices import Choices
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.article import Author, Enclosure, Picture
from pipeline.domain.selection import Group
from pipeline.publish.feed import feed_head, publish_feed
from pipeline.publish.formats import load_formats
from pipeline.publish.groups import feeds_of_groups
from pipeline.publish.index import HeadGroup, publish_index
from pipeline.publish.pages import page_environment, publish_articles
from pipeline.publish.permalink import page_name
from pipeline.publish.spec import FeedSpec, SiteSpec
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.articles import NOON, make_article
from tests.fakes.subscriptions import MemorySubscriptions, a_subscription

ROOT = Path(__file__).parents[2]
EVERYTHING = (ROOT / "tests" / "data" / "render" / "everything.html").read_text(encoding="utf-8")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><rect width="1200" height="675"/></svg>'
PICTURE = Picture(url="https://pictures.example.org/1.svg", alt="A pier", width=1200, height=675)
SOUND = Enclosure(url=f"https://media.example.org/{LONG}.mp3", media_type="audio/mpeg", length=1)
KEYS = TokenKeys(b"k" * 32)
TOKEN = KEYS.make(UNSUBSCRIBE, a_subscription().id)

WHOLE = make_article(
    "Everything an article may hold",
    EVERYTHING,
    url=None,
    picture=PICTURE,
    authors=(Author(name=LONG),),
    topics=(LONG,),
)
ARABIC = make_article("أخبار الذكاء", "<p>نص عربي</p>", url=None, language="ar", topics=("ذكاء",), enclosures=(SOUND,))

# What sticks out of the window, but for what is in a box that scrolls or that is there for screen readers only.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  const scrolls = element.parentElement.closest('pre, table');
  return box.width && box.right > innerWidth + 0.5 && !scrolls && !element.closest('.skip');
}).map(element => element.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with all kinds of pages."""
    directory = tmp_path_factory.mktemp("feeds")
    publish(directory)
    store = MemorySubscriptions()
    store.by_id = {7: a_subscription(language="de")}
    site = WebSite(
        title="Example News",
        url="https://news.example.org",
        feeds_url="https://news.example.org/feeds",
        newsletters={"weekly": f"Die {LONG}"},
    )
    documents = FeedDocuments(directory, site)
    app = create_app(
        site,
        feeds=documents,
        templates=[ROOT / "templates"],
        choices=Choices(KEYS, store),
        health=lambda: Health(ready=True),
        clock=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC),
    )
    with WebServer(app, "127.0.0.1", 0, fresh=documents.fresh) as server:
        yield server.url


def publish(directory: Path) -> None:
    site = SiteSpec(
        title="Example News", url="https://news.example.org", feeds_url="https://news.example.org/feeds", language="de"
    )
    pages = page_environment(ROOT / "templates")
    formats = load_formats(pages)
    articles = [WHOLE, ARABIC, make_article(LONG, teaser=f"https://example.org/{LONG}", topics=(LONG,))]
    feeds = [
        FeedSpec(name="alle", title=f"Alle aus {LONG}", description="Alles, was erscheint"),
        FeedSpec(name="arabic", title="كل المقالات", language="ar"),
    ]
    topics = FeedSpec(name="themen", title="Themen", description="Je Thema ein Feed")
    groups = [Group("topic", LONG, LONG), Group("topic", "ذكاء", "ذكاء"), Group("topic", "ki", "KI")]
    members = feeds_of_groups(topics, groups, lambda group: group.label)
    for feed in (*feeds, *members):
        done = publish_feed(site, feed, articles, directory, formats=formats, epoch=NOON)
        assert not done.problems
    assert not publish_articles(site, articles, directory, environment=pages).problems
    heads = [feed_head(site, feed, formats) for feed in feeds]
    group = HeadGroup(topics, tuple(feed_head(site, feed, formats) for feed in members))
    assert not publish_index(site, heads, [group], directory, environment=pages).problems


PAGES = {
    "the index": "/feeds/",
    "a feed": "/feeds/alle/",
    "a feed from right to left": "/feeds/arabic/",
    "the feeds of a group": "/feeds/themen/",
    "a feed of a group": "/feeds/themen/ki/",
    "an article": f"/feeds/articles/{page_name(WHOLE)}",
    "an article from right to left": f"/feeds/articles/{page_name(ARABIC)}",
    "unsubscribing": f"/unsubscribe/{TOKEN}",
    "a link that does not work": "/unsubscribe/other",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_fits_and_is_accessible_on_a_phone_and_a_desktop_in_light_and_dark(
    browser: Browser, url: str, path: str
) -> None:
    found: dict[str, Any] = {}
    page = browser.new_page()
    page.route("https://**/*", answer)
    page.goto(url + path, wait_until="load")
    # Also what is folded away.
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme, paper in (("light", "rgb(253, 252, 249)"), ("dark", "rgb(22, 23, 26)")):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
            found |= {f"{width} {scheme} {text}": text for text in page.evaluate(OVERFLOWING)}
            violations = Axe().run(page).response["violations"]
            found |= {f"{width} {scheme} {one['id']}": [node["html"] for node in one["nodes"]] for one in violations}
    page.close()
    assert found == {}


def test_unsubscribing_works_without_script_and_for_who_has_only_a_keyboard(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de")
    page = context.new_page()
    page.goto(f"{url}/unsubscribe/{TOKEN}")
    assert "abbestellen?" in page.inner_text("h1")
    page.locator("button").press("Enter")
    assert page.inner_text("h1") == "Sie sind abgemeldet"
    page.locator("button").press("Enter")
    assert page.inner_text("h1") == "Sie sind wieder angemeldet"
    context.close()


def test_nothing_is_loaded_and_nothing_runs_but_what_the_pages_bring(browser: Browser, url: str) -> None:
    for path in PAGES.values():
        page = browser.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))  # type: ignore[misc]
        page.on("console", lambda message, complaints=complaints: complaints.append(message.text))  # type: ignore[misc]
        page.route("https://**/*", answer)
        page.goto(url + path, wait_until="networkidle")
        own = [address for address in asked if address.startswith(url)]
        # A browser asks for the icon by itself.
        assert [address for address in own if not address.endswith("/favicon.ico")] == [url + path]
        assert complaints == [] or all("404" in text for text in complaints), complaints
        page.close()


def answer(route: Route) -> None:
    """Pictures as if there were a network."""
    route.fulfill(body=SVG, content_type="image/svg+xml")
