from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from pipeline.domain.article import Author, Enclosure, Picture
from pipeline.publish.pages import page_context, page_environment, publish_articles, templates_version
from pipeline.publish.permalink import page_name, permalink
from pipeline.publish.spec import SiteSpec
from tests.fakes.articles import make_article

TEMPLATES = Path(__file__).parents[3] / "templates"
ENVIRONMENT = page_environment(TEMPLATES)
FEEDS = "https://news.example.org/feeds"
SITE = SiteSpec(title="Site & Söhne", url="https://news.example.org", feeds_url=FEEDS, language="de")


def test_an_article_is_read_on_its_own_page_or_on_ours() -> None:
    assert permalink(make_article(url="https://example.org/x"), FEEDS) == "https://example.org/x"
    homeless = make_article(url=None)
    assert permalink(homeless, FEEDS) == f"{FEEDS}/articles/{page_name(homeless)}"


def test_our_page_keeps_its_address_when_the_article_changes_or_the_store_is_built_anew() -> None:
    first = make_article("Title", url=None, public_id="tag:example.org,2026:1")
    second = make_article("Another", "<p>x</p>", url=None, revision=2, public_id="tag:example.org,2026:1")
    other = make_article("Title", url=None, public_id="tag:example.org,2026:2")
    assert first.id != second.id
    assert permalink(first, FEEDS) == permalink(second, FEEDS) != permalink(other, FEEDS)


def test_pages_are_made_for_exactly_the_articles_without_one(tmp_path: Path) -> None:
    homeless = [make_article(url=None), make_article(url=None)]
    done = publish_articles(SITE, [make_article(), *homeless], tmp_path, environment=ENVIRONMENT)
    assert {path.name for path in done.written} == {page_name(article) for article in homeless}
    again = publish_articles(SITE, homeless, tmp_path, environment=ENVIRONMENT)
    assert (again.written, len(again.untouched)) == ((), 2)
    fewer = publish_articles(SITE, homeless[:1], tmp_path, environment=ENVIRONMENT)
    assert [path.name for path in fewer.removed] == [page_name(homeless[1])]


def test_an_unchanged_selection_of_pages_is_not_read(tmp_path: Path) -> None:
    publish_articles(SITE, [make_article(url=None)], tmp_path, environment=ENVIRONMENT, selection="x")
    done = publish_articles(SITE, iter(()), tmp_path, environment=ENVIRONMENT, selection="x")
    assert len(done.untouched) == 1


def test_a_page_shows_the_article_escaped_where_it_is_text(tmp_path: Path) -> None:
    article = make_article(
        "<script>alert(1)</script> & more",
        "<p>Text</p>",
        url=None,
        language="de",
        authors=(Author(name="Ann <b>", url="https://example.org/ann"),),
        topics=("Recht & Politik",),
        picture=Picture(url=None, alt="Ein Mann lächelt"),
        enclosures=(Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", title="Folge 1"),),
        comments_url="https://example.org/c",
        published=datetime(2026, 11, 24, 12, tzinfo=UTC),
    )
    (path,) = publish_articles(SITE, [article], tmp_path, environment=ENVIRONMENT).written
    page: Any = lxml_html.fromstring(path.read_bytes())
    assert page.get("lang") == "de"
    assert page.xpath("//h1/text()") == ["<script>alert(1)</script> & more"]
    assert not page.xpath("//script")
    assert page.xpath("//figcaption/text()") == ["Ein Mann lächelt"]
    assert page.xpath("//link[@rel='canonical']/@href") == [permalink(article, FEEDS)]
    assert page.xpath("//time/text()") == ["24. November 2026"]
    assert "Von Ann <b> · 24. November 2026 · Recht & Politik" in " ".join(page.text_content().split())
    assert page.xpath("//section//a/text()") == ["Folge 1"]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_a_page_runs_as_its_language_does(tmp_path: Path, language: str, direction: str) -> None:
    article = make_article(url=None, language=language)
    (path,) = publish_articles(SITE, [article], tmp_path, environment=ENVIRONMENT).written
    page: Any = lxml_html.fromstring(path.read_bytes())
    assert (page.get("lang"), page.get("dir")) == (language, direction)


def test_a_broken_template_is_a_problem_and_the_last_good_page_stays(tmp_path: Path) -> None:
    article = make_article(url=None)
    (path,) = publish_articles(SITE, [article], tmp_path / "feeds", environment=ENVIRONMENT).written
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "web" / "article.html.j2").write_text("{{ no_such_thing }}")
    done = publish_articles(
        SITE, [article], tmp_path / "feeds", environment=page_environment(tmp_path / "templates"), selection="x"
    )
    assert "no_such_thing" in done.problems[0].what
    assert not done.removed
    assert path.exists()


def test_our_words_are_in_the_language_of_the_article_and_the_tone_of_the_house(tmp_path: Path) -> None:
    german = page_context(ENVIRONMENT, SITE, "de-AT")
    assert (german["_"]("All feeds"), german["words_language"]) == ("Alle Feeds", "de")
    arabic = page_context(ENVIRONMENT, SITE, "ar")
    assert (arabic["_"]("All feeds"), arabic["words_language"], arabic["words_direction"]) == ("All feeds", "en", "ltr")
    assert german["_"]("By {names}", names="<b>") == "Von &lt;b&gt;"
    informal = page_environment(TEMPLATES, tone="informal")
    assert page_context(informal, SITE, "de")["_"]("You are subscribed again") == "Du bist wieder angemeldet"


def test_pages_are_written_anew_when_their_words_change(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    own = page_environment(tmp_path, TEMPLATES)
    before = templates_version(own)
    assert before == templates_version(page_environment(tmp_path, TEMPLATES))
    assert before != templates_version(page_environment(tmp_path, TEMPLATES, tone="informal"))
    (tmp_path / "locale" / "de.po").write_text('msgid "All feeds"\nmsgstr "Zu allen Feeds"\n', encoding="utf-8")
    assert before != templates_version(page_environment(tmp_path, TEMPLATES))
