"""Parts that were inlined apart and put together are what inlining the whole document makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.article import Article
from pipeline.render import Brand, Correction, Logo, Look, Renderer, VariantFacts
from pipeline.render.inline import Inliner
from tests.fakes.articles import GERMAN, make_article, varied_articles

TEMPLATES = Path(__file__).parents[3] / "templates"
SLOT = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)
EVERYTHING = (TEMPLATES.parent / "tests" / "data" / "render" / "everything.html").read_text(encoding="utf-8")
BRAND = Brand(
    accent="#0f766e",
    heading_fonts="Georgia, serif",
    logo=Logo(url="https://example.org/l.png", width=40, height=40),
    social=(("Mastodon", "https://mastodon.example/@news"),),
)
LOOK = Look(
    name="n",
    title="Title & more",
    from_="n@news.example.org",
    site_title="Site",
    site_url="https://news.example.org/",
    feed_url="https://news.example.org/feeds/all/",
    preferences=True,
    brand=BRAND,
)
# What is trimmed depends on the size, and the size on the inlining.
ARTICLES = [
    make_article("Everything", EVERYTHING),
    make_article(GERMAN, GERMAN),
    *(article for article in varied_articles() if len(article.content.html) < 5_000),
]


@pytest.fixture(scope="module")
def apart() -> Renderer:
    return Renderer([TEMPLATES])


@pytest.fixture(scope="module")
def whole() -> Callable[[Look, VariantFacts], str]:
    """Renders without inlining, then inlines once."""
    raw = Renderer([TEMPLATES])
    css = raw._frame.templates.render("style.css", {"brand": BRAND, "column": 536})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inliner, "_document", lambda _, html: html)
        raw._frame._inliner(BRAND)
    inliner = Inliner(css)
    return lambda look, facts: inliner._document(raw.render(look, facts).html)


@settings(max_examples=12, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(ARTICLES), min_size=1, max_size=4, unique_by=lambda article: article.id),
    template=st.sampled_from(["digest", "full", "brief", "instant"]),
    language=st.sampled_from(["de", "en", "ar"]),
    sections=st.lists(st.sampled_from(["", "A", "B & C"]), min_size=4, max_size=4),
    links_from=st.none() | st.integers(1, 3),
    extras=st.booleans(),
)
def test_inlining_parts_and_putting_them_together_equals_inlining_the_whole(
    apart: Renderer,
    whole: Callable[[Look, VariantFacts], str],
    chosen: list[Article],
    template: str,
    language: str,
    sections: list[str],
    links_from: int | None,
    extras: bool,  # noqa: FBT001
) -> None:
    look = replace(LOOK, template=template, language=language)
    facts = VariantFacts(
        cadence="weekly",
        slot=SLOT,
        articles=[(article, article.content.url or "") for article in chosen],
        page_url="https://news.example.org/issues/1?a=1&b=2" if extras else "",
        sections=sections[: len(chosen)],
        links_from=links_from,
        corrections=(Correction(title="A < B", url="https://example.org/", carried=SLOT),) if extras else (),
    )
    assert events(apart.render(look, facts).html) == events(whole(look, facts))


def events(html: str) -> list[object]:
    """What a parser sees: tags with their attributes, and words."""
    seen: list[object] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, sorted(attrs, key=str)))

        def handle_endtag(self, tag: str) -> None:
            seen.append(tag)

        def handle_comment(self, data: str) -> None:
            seen.append(("comment", data.split()))

        def handle_data(self, data: str) -> None:
            seen.extend(data.split())

    Reader().feed(html)
    return seen
