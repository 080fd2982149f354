"""What Atom and RSS say beyond text: origins, media, podcasts, and texts that are hard to write as XML."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.domain import article as domain
from pipeline.domain.article import Article, Author, Enclosure, Picture
from pipeline.publish.characters import printable
from pipeline.publish.feed import feed_head
from pipeline.publish.feed_article import feed_article
from pipeline.publish.format import Ending
from pipeline.publish.formats import load_formats
from pipeline.publish.formats.podcast import podcast_guid
from pipeline.publish.formats.xml_text import cdata, element, parent
from pipeline.publish.pages import page_environment
from pipeline.publish.spec import FeedSpec, Origin, PodcastSpec, SiteSpec
from tests.fakes.articles import NOON, make_article

TEMPLATES = Path(__file__).parents[2] / "templates"
SITE = SiteSpec(title="Site & Söhne", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
FEED = FeedSpec(name="alle", title="Alles", limit=None)
PODCAST = PodcastSpec(
    category=("News", "Tech News"), image="https://news.example.org/cover.jpg", owner_email="owner@example.org"
)
FORMATS = {format_.name: format_ for format_ in load_formats(page_environment(TEMPLATES))}
NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
}
SOUND = Enclosure(
    url="https://example.org/a.mp3", media_type="audio/mpeg", length=12345, title="Part 1 & more", duration=61
)
PAPER = Enclosure(url="https://example.org/paper.pdf", media_type="application/pdf", length=9)


def document(name: str, *articles: Article, site: SiteSpec = SITE, feed: FeedSpec = FEED) -> bytes:
    writer = FORMATS[name].writer(feed_head(site, feed, tuple(FORMATS.values())))
    for article in articles:
        writer.append(writer.render(feed_article(article, site.feeds_url)))
    target = io.BytesIO()
    writer.finish(Ending(updated=NOON), target)
    writer.close()
    target.seek(0)
    FORMATS[name].check(target)
    return target.getvalue()


def head(name: str, *articles: Article, site: SiteSpec = SITE, feed: FeedSpec = FEED) -> etree._Element:
    root = etree.fromstring(document(name, *articles, site=site, feed=feed))
    return root if name == "atom" else root[0]


def entry(name: str, article: Article, site: SiteSpec = SITE, feed: FeedSpec = FEED) -> etree._Element:
    found = head(name, article, site=site, feed=feed).find("a:entry" if name == "atom" else "item", NAMESPACES)
    assert found is not None
    return found


def attributes(parent: etree._Element, path: str) -> list[Mapping[str, str]]:
    return [dict(found.attrib) for found in parent.findall(path, NAMESPACES)]  # type: ignore[arg-type]


# Origins

FOREIGN = replace(SITE, origins=(Origin(source="blog", title="Ein Blog & mehr", url="https://blog.example/feed"),))


def test_an_article_of_a_foreign_feed_names_it() -> None:
    article = make_article(sources=("blog",), published=NOON)
    source = entry("rss", article, FOREIGN).find("source")
    assert source is not None
    assert (source.text, source.get("url")) == ("Ein Blog & mehr", "https://blog.example/feed")
    origin = entry("atom", article, FOREIGN).find("a:source", NAMESPACES)
    assert origin is not None
    assert [found.text for found in origin] == [
        "https://blog.example/feed",
        "Ein Blog & mehr",
        "2026-03-01T12:00:00+00:00",
        None,
    ]


def test_an_article_that_an_aggregator_passed_on_names_whose_it_is() -> None:
    article = make_article(origin=domain.Origin(title="Anderswo", url="https://b.example/feed"), sources=("blog",))
    source = entry("rss", article, FOREIGN).find("source")
    assert source is not None
    assert (source.text, source.get("url")) == ("Anderswo", "https://b.example/feed")
    assert entry("atom", article).findtext("a:source/a:id", namespaces=NAMESPACES) == "https://b.example/feed"


@pytest.mark.parametrize("sources", [(), ("artikel",), ("artikel", "blog")])
def test_an_article_of_our_own_names_no_origin(sources: tuple[str, ...]) -> None:
    article = make_article(sources=sources)
    assert entry("rss", article, FOREIGN).find("source") is None
    assert entry("atom", article, FOREIGN).find("a:source", NAMESPACES) is None


# Pictures and media


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_a_lead_picture_is_a_thumbnail_too(name: str) -> None:
    picture = Picture(url="https://example.org/p.jpg", alt="A hill", width=1200, height=800)
    assert attributes(entry(name, make_article(picture=picture)), "media:thumbnail") == [
        {"url": "https://example.org/p.jpg", "width": "1200", "height": "800"}
    ]


def test_the_enclosure_of_rss_is_what_can_be_heard_and_the_others_are_media() -> None:
    item = entry("rss", make_article(enclosures=(PAPER, SOUND)))
    assert attributes(item, "enclosure") == [{"url": SOUND.url, "length": "12345", "type": "audio/mpeg"}]
    assert attributes(item, "media:content") == [{"url": PAPER.url, "type": "application/pdf", "fileSize": "9"}]
    swapped = entry("rss", make_article(enclosures=(SOUND, replace(SOUND, url="https://example.org/b.mp3"))))
    assert attributes(swapped, "media:content") == [
        {
            "url": "https://example.org/b.mp3",
            "type": "audio/mpeg",
            "medium": "audio",
            "fileSize": "12345",
            "duration": "61",
        }
    ]
    assert swapped.findtext("media:content/media:title", namespaces=NAMESPACES) == "Part 1 & more"


def test_a_site_with_an_icon_and_a_logo_shows_them_beside_its_feeds() -> None:
    site = replace(SITE, icon="https://news.example.org/i.png", logo="https://news.example.org/l.png")
    atom, rss = head("atom", site=site), head("rss", site=site)
    assert atom.findtext("a:icon", namespaces=NAMESPACES) == site.icon
    assert atom.findtext("a:logo", namespaces=NAMESPACES) == site.logo
    feed = json.loads(document("json", site=site))
    assert (feed["icon"], feed["favicon"], feed["authors"][0]["avatar"]) == (site.logo, site.icon, site.logo)
    assert [rss.findtext(f"image/{name}") for name in ("url", "title", "link")] == [
        site.logo,
        "Alles",
        rss.findtext("link"),
    ]


# Podcasts

POD = replace(FEED, podcast=PODCAST)


def test_a_podcast_says_what_directories_ask_for() -> None:
    channel = head("rss", make_article(enclosures=(SOUND,)), feed=POD)
    assert {
        name: channel.findtext(f"itunes:{name}", namespaces=NAMESPACES) for name in ("author", "explicit", "type")
    } == {
        "author": "Site & Söhne",
        "explicit": "false",
        "type": "episodic",
    }
    assert attributes(channel, "itunes:image") == [{"href": "https://news.example.org/cover.jpg"}]
    assert attributes(channel, ".//itunes:category") == [{"text": "News"}, {"text": "Tech News"}]
    assert channel.findtext("itunes:owner/itunes:email", namespaces=NAMESPACES) == "owner@example.org"
    assert channel.findtext("podcast:locked", namespaces=NAMESPACES) == "no"
    assert channel.findtext("podcast:medium", namespaces=NAMESPACES) == "podcast"


def test_an_episode_says_who_how_long_and_what_it_looks_like() -> None:
    picture = Picture(url="https://example.org/p.jpg")
    article = make_article(
        "Eins", enclosures=(SOUND,), authors=(Author(name="Ann"), Author(name="Bob")), picture=picture
    )
    item = entry("rss", article, feed=POD)
    assert {
        name: item.findtext(f"itunes:{name}", namespaces=NAMESPACES)
        for name in ("title", "author", "duration", "episodeType")
    } == {"title": "Eins", "author": "Ann, Bob", "duration": "61", "episodeType": "full"}
    assert attributes(item, "itunes:image") == [{"href": "https://example.org/p.jpg"}]


def test_an_article_of_a_podcast_that_has_nothing_to_hear_is_no_episode() -> None:
    assert entry("rss", make_article(), feed=POD).find("itunes:title", NAMESPACES) is None


def test_a_feed_that_is_no_podcast_but_has_something_to_hear_gets_an_id_as_one() -> None:
    heard, silent = document("rss", make_article(enclosures=(SOUND,))), document("rss", make_article())
    assert b"<podcast:guid>" in heard
    assert b"itunes" not in heard
    assert b"podcast" not in silent


def test_the_id_of_a_podcast_is_that_of_the_specification() -> None:
    assert podcast_guid("https://podnews.net/rss") == "9b024349-ccf0-5f69-a609-6b82873eab3c"
    assert podcast_guid("http://podnews.net/rss/") == podcast_guid("https://podnews.net/rss")
    assert UUID(podcast_guid("https://news.example.org/feeds/alle/rss.xml")).version == 5


# Texts as XML

TEXTS = st.text().map(printable)


@given(text=TEXTS, value=TEXTS)
def test_an_xml_parser_reads_what_was_written(text: str, value: str) -> None:
    read = etree.fromstring(parent("e", element("f", text, a=value), cdata(text).decode(), a=value, b=None))
    assert (read[0].text or "", read[0].tail or "") == (text, text)
    one_line = value.replace("\n", " ").replace("\t", " ")
    assert read.get("a") == read[0].get("a") == one_line


@pytest.mark.parametrize("name", ["atom", "rss"])
@given(html=TEXTS.map(lambda text: f"<p>{text}]]></p>"))
def test_html_comes_out_as_it_went_in(name: str, html: str) -> None:
    path = "a:content" if name == "atom" else "content:encoded"
    found = entry(name, make_article(html=html)).findtext(path, namespaces=NAMESPACES)
    assert found == html
