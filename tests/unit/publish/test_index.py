from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from pipeline.domain.selection import Group, Selection
from pipeline.publish.feed import feed_head, publish_feed, remove_feeds
from pipeline.publish.format import FeedHead
from pipeline.publish.formats import load_formats
from pipeline.publish.gone import note_gone, read_gone
from pipeline.publish.groups import feeds_of_groups, remove_feeds_of_groups
from pipeline.publish.index import HeadGroup, publish_index
from pipeline.publish.pages import page_environment
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.articles import NOON, make_article

TEMPLATES = Path(__file__).parents[3] / "templates"
ENVIRONMENT = page_environment(TEMPLATES)
FORMATS = load_formats(ENVIRONMENT)
FEEDS = "https://news.example.org/feeds"
SITE = SiteSpec(title="Site & Söhne", url="https://news.example.org", feeds_url=FEEDS, language="de")
TOPICS = FeedSpec(name="themen", title="Themen", description="Je eins")


def groups(*labels: str) -> list[Group]:
    return [Group("topic", label.casefold(), label) for label in labels]


def specs(*labels: str) -> tuple[FeedSpec, ...]:
    return feeds_of_groups(TOPICS, groups(*labels), lambda group: group.label)


def heads(*feeds: FeedSpec) -> tuple[FeedHead, ...]:
    return tuple(feed_head(SITE, feed, FORMATS) for feed in feeds)


def test_the_index_leads_to_every_document_of_every_feed(tmp_path: Path) -> None:
    feeds = heads(
        FeedSpec(name="alle", title="Alle & mehr", description="Alles"),
        FeedSpec(name="ki", title="KI", formats=("rss",)),
    )
    written = publish_index(SITE, feeds, (), tmp_path, environment=ENVIRONMENT).written
    assert written == (tmp_path / "index.html", tmp_path / "feeds.opml")
    assert publish_index(SITE, feeds, (), tmp_path, environment=ENVIRONMENT).written == ()
    page: Any = lxml_html.fromstring((tmp_path / "index.html").read_bytes())
    assert page.xpath("//main//a/@href") == [
        "alle/index.html",
        "alle/atom.xml",
        "alle/rss.xml",
        "alle/feed.json",
        "ki/rss.xml",
        "feeds.opml",
    ]
    assert page.xpath("//h2//text()") == ["Alle & mehr", "KI"]
    assert page.xpath("//code/text()") == [f"{FEEDS}/alle/atom.xml", f"{FEEDS}/ki/rss.xml"]
    discovered = page.xpath("//link[@rel='alternate']/@href")
    assert discovered == ["alle/atom.xml", "alle/rss.xml", "alle/feed.json", "ki/rss.xml"]


def test_groups_have_a_page_and_a_list_of_their_own(tmp_path: Path) -> None:
    members = heads(*specs("Künstliche Intelligenz", "人工知能"))
    publish_index(SITE, (), [HeadGroup(TOPICS, members)], tmp_path, environment=ENVIRONMENT)
    page: Any = lxml_html.fromstring((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "themen/kuenstliche-intelligenz/atom.xml" in page.xpath("//main//a/@href")
    own: Any = lxml_html.fromstring((tmp_path / "themen" / "index.html").read_text(encoding="utf-8"))
    assert own.xpath("//main//li//a/@href")[:2] == [
        "kuenstliche-intelligenz/index.html",
        "kuenstliche-intelligenz/atom.xml",
    ]
    assert own.xpath("//li/span[@class='name']//text()") == ["Künstliche Intelligenz", "人工知能"]
    assert etree.parse(tmp_path / "themen" / "feeds.opml").xpath("count(//outline[@type='rss'])") == 2


def test_opml_lists_every_feed_by_its_best_document(tmp_path: Path) -> None:
    feeds = heads(
        FeedSpec(name="alle", title="Alle & <mehr>", description="Alles"),
        FeedSpec(name="programm", title="Für Programme", formats=("json",), language="en"),
        FeedSpec(name="seite", title="Nur eine Seite", formats=("html",)),
    )
    publish_index(SITE, feeds, [HeadGroup(TOPICS, heads(*specs("ذكاء")))], tmp_path, environment=ENVIRONMENT)
    opml = etree.parse(tmp_path / "feeds.opml").getroot()
    assert (opml.tag, opml.get("version"), opml.findtext("head/title")) == ("opml", "2.0", "Site & Söhne")
    first, second, group = opml.findall("body/outline")
    assert dict(first.attrib) == {
        "text": "Alle & <mehr>",
        "title": "Alle & <mehr>",
        "type": "rss",
        "xmlUrl": f"{FEEDS}/alle/atom.xml",
        "htmlUrl": f"{FEEDS}/alle/index.html",
        "description": "Alles",
        "language": "de",
    }
    assert (second.get("xmlUrl"), second.get("htmlUrl")) == (f"{FEEDS}/programm/feed.json", SITE.url)
    assert (group.get("text"), group.get("type")) == ("Themen", None)
    assert [feed.get("xmlUrl") for feed in group] == [f"{FEEDS}/themen/%D8%B0%D9%83%D8%A7%D8%A1/atom.xml"]


def test_a_feed_of_a_group_has_the_groups_articles_under_an_address_of_its_own() -> None:
    (feed,) = feeds_of_groups(
        FeedSpec(name="themen", title="Themen", selection=Selection(sources=("blog",)), id="tag:x"),
        groups("KI & Recht"),
        lambda group: group.label,
    )
    assert (feed.name, feed.title, feed.label, feed.id) == ("themen/ki-recht", "Themen: KI & Recht", "KI & Recht", None)
    assert feed.selection == Selection(sources=("blog",), group=Group("topic", "ki & recht", "KI & Recht"))


def test_groups_with_one_name_get_addresses_that_stay_when_others_come() -> None:
    first = {feed.label: feed.name for feed in specs("C", "c!", "🚲", "Größe")}
    assert first["C"] == "themen/c"
    assert first["c!"].startswith("themen/c-")
    assert first["🚲"].removeprefix("themen/").isalnum()
    assert first["Größe"] == "themen/groesse"
    more = {feed.label: feed.name for feed in specs("C", "c!", "🚲", "Größe", "grösse", "C?", "Zebra")}
    assert {label: more[label] for label in first} == first
    assert len(set(more.values())) == 7


def publish(directory: Path, *feeds: FeedSpec) -> None:
    for feed in feeds:
        publish_feed(SITE, feed, [make_article()], directory, formats=FORMATS, epoch=NOON)


def test_what_is_no_longer_published_is_removed_and_remembered_as_gone(tmp_path: Path) -> None:
    ki, recht = specs("KI", "Recht")
    publish(tmp_path, ki, recht, FeedSpec(name="alle", title="Alle", formats=("atom",)))
    publish_index(SITE, (), [HeadGroup(TOPICS, heads(ki, recht))], tmp_path, environment=ENVIRONMENT)
    note_gone(tmp_path, remove_feeds_of_groups(tmp_path, TOPICS, {ki.name}).removed)
    assert not (tmp_path / "themen" / "recht").exists()
    assert "themen/recht/atom.xml" in read_gone(tmp_path)
    assert (tmp_path / "themen" / "ki" / "atom.xml").exists()

    note_gone(tmp_path, remove_feeds(tmp_path, ()).removed)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert {"alle/atom.xml", "themen/index.html", "themen/ki/rss.xml"} <= read_gone(tmp_path)

    publish(tmp_path, ki)
    parts = ("other/atom.xml", "other/archive/2026-01/atom.xml", "archive/ki/atom.xml", "themen/archive/atom.xml")
    note_gone(tmp_path, [tmp_path / part for part in parts])
    assert {*parts} - read_gone(tmp_path) == {"other/archive/2026-01/atom.xml"}
    assert "themen/ki/rss.xml" not in read_gone(tmp_path)
    assert {"alle/atom.xml", "other/atom.xml"} <= read_gone(tmp_path)


def test_a_feed_that_becomes_a_group_leaves_nothing_of_the_feed(tmp_path: Path) -> None:
    publish(tmp_path, TOPICS)
    done: Published = publish_index(SITE, (), [HeadGroup(TOPICS, ())], tmp_path, environment=ENVIRONMENT)
    assert tmp_path / "themen" / "atom.xml" in done.removed
    assert {path.name for path in (tmp_path / "themen").iterdir()} == {".rundbrief.json", "index.html", "feeds.opml"}


def test_a_summary_feed_has_no_texts_and_a_bounded_one_drops_the_oldest(tmp_path: Path) -> None:
    articles = [make_article(f"Nummer {number}", "<p>Langer Text</p>" * 100) for number in range(20)]
    for feed in (
        FeedSpec(name="kurz", title="Kurz", whole=False),
        FeedSpec(name="klein", title="Klein", max_bytes=10_000),
        FeedSpec(name="eins", title="Eins", max_bytes=10),
    ):
        assert not publish_feed(SITE, feed, articles, tmp_path, formats=FORMATS, epoch=NOON).problems
    assert "Langer Text" not in "".join(
        (tmp_path / "kurz" / name).read_text(encoding="utf-8") for name in ("atom.xml", "rss.xml", "feed.json")
    )
    for name in ("atom.xml", "rss.xml", "feed.json"):
        text = (tmp_path / "klein" / name).read_text(encoding="utf-8")
        assert "Nummer 0" in text
        assert "Nummer 19" not in text
        assert len(text) < 13_000
        assert "Nummer 0" in (tmp_path / "eins" / name).read_text(encoding="utf-8")
        assert "Nummer 1<" not in (tmp_path / "eins" / name).read_text(encoding="utf-8")
