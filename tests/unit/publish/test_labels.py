"""What documents say of names, topics, languages and titles, so that no reader takes it for something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.domain.article import Author, Enclosure, Picture
from pipeline.domain.selection import Group
from pipeline.publish.characters import label
from pipeline.publish.feed_article import feed_article
from pipeline.publish.formats.xml_text import element
from pipeline.publish.groups import feeds_of_groups
from pipeline.publish.languages import known_language
from pipeline.publish.spec import FeedSpec
from tests.fakes.articles import make_article

FEEDS = "https://news.example.org/feeds"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<b>Ada</b> Beispiel", "Ada Beispiel"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("</b>", ""),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("A & B <c>", "A & B <c>"),
        ("  Ada\n Beispiel ", "Ada Beispiel"),
    ],
)
def test_html_in_a_label_is_left_out_and_signs_of_comparison_stay(written: str, shown: str) -> None:
    assert label(written) == shown


def test_names_topics_and_descriptions_have_no_html() -> None:
    article = make_article(
        authors=(Author(name="<i>Ada</i>"), Author(name="</i>")),
        topics=("<b>KI</b>",),
        picture=Picture(url="https://a.example/1.jpg", alt="<b>A</b> bicycle"),
        enclosures=(Enclosure(url="https://a.example/1.mp3", media_type="audio/mpeg", title="<b>One</b>"),),
    )
    ready = feed_article(article, FEEDS)
    assert [author.name for author in ready.authors] == ["Ada"]
    assert ready.topics == ("KI",)
    assert ready.picture is not None
    assert ready.picture.alt == "A bicycle"
    assert ready.enclosures[0].title == "One"


@pytest.mark.parametrize("tag", ["de", "de-AT", "zh-Hant", "deu", "yue", "sr-Cyrl-RS"])
def test_a_language_that_there_is_is_named(tag: str) -> None:
    assert known_language(tag) == tag


@pytest.mark.parametrize("tag", [None, "", "jp", "cz", "dk", "xx", "und", "german", 'de" x="'])
def test_what_is_no_language_is_not_named(tag: str | None) -> None:
    """Feeds often name a country; the W3C's validator calls that an error."""
    assert known_language(tag) is None
    article = make_article()
    assert feed_article(replace(article, content=replace(article.content, language=tag)), FEEDS).language is None


def test_a_feed_of_a_language_that_there_is_not_has_the_language_of_the_site() -> None:
    groups = [Group(kind="language", key="jp", label="jp"), Group(kind="language", key="ja", label="ja")]
    feeds = feeds_of_groups(FeedSpec(name="l", title="L", language="de"), groups, lambda group: group.label)
    assert {feed.name: feed.language for feed in feeds} == {"l/jp": "de", "l/ja": "ja"}


def test_signs_of_markup_are_written_in_hexadecimal() -> None:
    """As the RSS Best Practices Profile has it; the W3C's validator does not take them for markup then."""
    assert element("title", "AT&amp;T <b>") == "<title>AT&#x26;amp;T &#x3C;b&gt;</title>"
    assert element("link", href='a"b&c') == '<link href="a&#x22;b&#x26;c"/>'
