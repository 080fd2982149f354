"""Every template: what it carries, and that nothing in it keeps it from arriving."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.catalogues import Catalogues
from pipeline.domain.article import Article, Author, Picture
from pipeline.errors import RenderError
from pipeline.render import Brand, Correction, Logo, Look, Notice, Renderer, VariantFacts
from pipeline.render.findings import errors
from pipeline.render.notices import Kind
from pipeline.render.preflight import preflight
from tests.fakes.articles import GERMAN, make_article, varied_articles

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "templates"
SLOT = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)
ISSUES = ("digest", "full", "brief", "instant")
FIELDS = {"greeting", "unsubscribe_url", "preferences_url", "confirm_url", "resubscribe_url"}
LOOK = Look(
    name="wochenblick",
    title="KI-Wochenblick",
    from_="Redaktion <redaktion@news.example.org>",
    site_title="Beispiel-Nachrichten",
    site_url="https://news.example.org/",
    language="de",
    timezone="Europe/Berlin",
    feed_url="https://news.example.org/feeds/alle/",
    archive_url="https://news.example.org/archive/",
    help_url="https://news.example.org/help/",
    brand=Brand(
        postal_address="Musterweg 1\n10115 Berlin",
        footer="Ein Angebot des Beispiel-Verlags.\nGedruckt auf Strom.",
        social=(("Mastodon", "https://mastodon.example/@news"),),
    ),
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer([TEMPLATES])


def facts(articles: Sequence[Article], **changes: object) -> VariantFacts:
    pairs = [(article, article.content.url or "") for article in articles]
    return replace(VariantFacts(cadence="weekly", slot=SLOT, articles=pairs), **changes)


def several() -> list[Article]:
    picture = Picture(url="https://example.org/p.jpg", alt="A pier", width=1200, height=675)
    return [make_article(f"Article {n}", "<p>Only inside.</p>", picture=picture, topics=("KI",)) for n in range(3)]


@pytest.mark.parametrize(
    ("template", "whole", "teaser", "picture", "greeting"),
    [
        ("digest", False, True, True, True),
        ("full", True, False, True, True),
        ("brief", False, False, False, True),
        ("instant", True, False, True, False),
    ],
)
def test_each_template_carries_as_much_of_an_article_as_its_name_says(
    renderer: Renderer, template: str, *, whole: bool, teaser: bool, picture: bool, greeting: bool
) -> None:
    message = renderer.render(replace(LOOK, template=template), facts(several()))
    for part in (message.html, message.text):
        assert ("Only inside." in part) is whole
        assert (part.count("What it is about.") > 1) is teaser
        assert ("__SUBST_greeting__" in part) is greeting
        assert all(f"Article {number}" in part for number in range(3))
    assert ('alt="A pier"' in message.html) is picture


@pytest.mark.parametrize("template", ISSUES)
def test_articles_of_every_kind_pass_preflight_in_every_template(renderer: Renderer, template: str) -> None:
    look = replace(LOOK, template=template)
    varied = varied_articles()
    assert len(varied) >= 50
    for articles in (*([article] for article in varied), varied[:10], varied[10:20]):
        message = renderer.render(look, facts(articles))
        assert errors(preflight(message, look, FIELDS)) == [], articles[0].content.title


def test_a_page_in_the_browser_is_offered_where_there_is_one(renderer: Renderer) -> None:
    with_page = renderer.render(LOOK, facts(several(), page_url="https://news.example.org/issues/1?a=1&b=2"))
    assert 'href="https://news.example.org/issues/1?a=1&amp;b=2"' in with_page.html
    assert "Im Browser ansehen:\nhttps://news.example.org/issues/1?a=1&b=2\n" in with_page.text
    without = renderer.render(LOOK, facts(several()))
    assert "Im Browser" not in without.html + without.text


def test_preferences_are_offered_where_there_is_a_page_for_them(renderer: Renderer) -> None:
    message = renderer.render(replace(LOOK, preferences=True), facts(several()))
    assert message.fields == {"greeting", "unsubscribe_url", "preferences_url"}
    assert "Themen und Häufigkeit:\n__SUBST_preferences_url__\n" in message.text


def test_sections_have_a_heading_each_and_articles_beyond_the_cap_are_links(renderer: Renderer) -> None:
    message = renderer.render(LOOK, facts(several(), sections=("KI & Co", "KI & Co", "Rest"), links_from=2))
    assert re.findall(r'<h2 class="section"[^>]*>([^<]*)</h2>', message.html) == ["KI &amp; Co", "Rest"]
    assert message.text.count("\nKI & Co\n#######\n") == 1
    assert message.html.count("What it is about.</p>") == 2
    assert "- Article 2\n" in message.text
    assert "Weitere Artikel" not in message.html
    rest = renderer.render(LOOK, facts(several(), sections=("KI", "KI", ""), links_from=2))
    assert "Weitere Artikel" in rest.html


def test_corrections_of_earlier_issues_stand_at_the_end(renderer: Renderer) -> None:
    corrections = (
        Correction(title="Old & wrong", url="https://example.org/old", carried=SLOT),
        Correction(title="Gone", url="", carried=SLOT, retracted=True),
    )
    message = renderer.render(LOOK, facts(several(), corrections=corrections))
    assert 'href="https://example.org/old"' in message.html
    assert ">Old &amp; wrong</a>, in der Ausgabe vom 7. Januar 2026: seitdem berichtigt." in message.html
    assert "- Gone, in der Ausgabe vom 7. Januar 2026: von der Redaktion\n  zurückgezogen." in message.text


def test_an_icon_stands_beside_the_title_and_a_wide_logo_instead_of_it(renderer: Renderer) -> None:
    icon, wide = (Logo(url="https://example.org/l.png", width=width, height=40) for width in (40, 200))
    beside = renderer.render(replace(LOOK, brand=Brand(logo=icon)), facts(several())).html
    instead = renderer.render(replace(LOOK, brand=Brand(logo=wide)), facts(several())).html
    assert re.search(r'alt="" width="40".*<h1 [^>]*><a [^>]*>KI-Wochenblick</a></h1>', beside, re.DOTALL)
    assert re.search(r'<h1 [^>]*><a [^>]*><img [^>]*alt="KI-Wochenblick" width="200"', instead)


def test_a_dark_screen_has_a_logo_of_its_own_which_others_never_show(renderer: Renderer) -> None:
    logo = Logo(url="https://example.org/l.png", width=200, height=40, url_dark="https://example.org/d.png")
    message = renderer.render(replace(LOOK, brand=Brand(logo=logo, postal_address="A")), facts(several()))
    shown, hidden = re.findall(r'<img [^>]*alt="KI-Wochenblick"[^>]*>', message.html)
    assert "l.png" in shown
    assert "d.png" in hidden
    assert re.search(r"display: ?none", hidden)
    assert not re.search(r"display: ?none", shown)
    assert ".logo-dark { display: block !important" in message.html
    assert [one for one in preflight(message, LOOK, FIELDS) if one.level.value != "note"] == []
    plain = renderer.render(replace(LOOK, brand=Brand(logo=replace(logo, url_dark=""))), facts(several())).html
    assert "logo-dark" not in plain


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["de", "en", "ar"])
def test_notices_pass_preflight_and_have_their_own_merge_fields(renderer: Renderer, kind: Kind, language: str) -> None:
    look = replace(LOOK, language=language)
    message = renderer.notice(look, Notice(kind=kind, cadence="weekly"))
    own = {Kind.CONFIRM: "confirm_url", Kind.WELCOME: "unsubscribe_url", Kind.GOODBYE: "resubscribe_url"}[kind]
    assert message.fields == {"greeting", own}
    assert f"__SUBST_{own}__" in message.text
    assert errors(preflight(message, look, FIELDS)) == []
    assert ("List-Unsubscribe" in dict(message.headers)) is (kind is Kind.WELCOME)
    assert all(len(line) <= 72 or "://" in line for line in message.text.split("\n"))


def test_a_template_of_ones_own_says_how_much_it_carries(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    for ending in ("html", "txt"):
        source = f'{{% extends "digest.{ending}.j2" %}}{{% set form = "headline" %}}'
        (tmp_path / "email" / f"mine.{ending}.j2").write_text(source, encoding="utf-8")
    message = Renderer([tmp_path, TEMPLATES]).render(replace(LOOK, template="mine"), facts(several()))
    assert "Only inside." not in message.html
    assert "headline-brief" in message.html
    (tmp_path / "email" / "mine.html.j2").write_text('{% extends "digest.html.j2" %}{% set form = "x" %}')
    with pytest.raises(RenderError, match="no form “x”"):
        Renderer([tmp_path, TEMPLATES]).render(replace(LOOK, template="mine"), facts(several()))


def test_a_picture_has_its_height_so_that_nothing_jumps_when_it_comes(renderer: Renderer) -> None:
    html = renderer.render(LOOK, facts(several())).html
    assert re.search(r'<img class="picture-lead"[^>]* width="536" height="302"', html)
    assert re.search(r'<img class="picture-side[^>]* width="160" height="90"', html)


def test_readers_are_on_first_name_terms_where_the_house_is() -> None:
    informal = Renderer([TEMPLATES], "informal")
    message = informal.render(LOOK, facts([make_article("Ein Titel", GERMAN, authors=(Author(name="Jo"),))]))
    assert "Du bekommst diese E-Mail, weil du „KI-Wochenblick“ abonniert hast." in message.text.replace("\n", " ")
    assert "Von Jo" in message.text
    assert informal.greeting("Anna", "de") == "Hallo Anna,"
    assert not re.search(r"\bSie\b|\bIhre?\b", informal.notice(LOOK, Notice(kind=Kind.CONFIRM)).text)
    assert Catalogues([TEMPLATES / "locale"]).words("de").greeting("Anna") == "Guten Tag Anna,"
