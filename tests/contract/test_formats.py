"""What holds for every format, and what each owes to its specification."""

from __future__ import annotations

import io
import json
import locale
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html

from pipeline.domain.article import Article, Author, Enclosure, Origin, Picture
from pipeline.errors import PublishError
from pipeline.publish.feed import feed_head, publish_feed
from pipeline.publish.feed_article import FeedArticle, feed_article
from pipeline.publish.format import Ending, Format
from pipeline.publish.formats import FORMATS, load_formats
from pipeline.publish.pages import page_environment
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.articles import ENGLISH, NOON, make_article, varied_articles

TEMPLATES = Path(__file__).parents[2] / "templates"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SITE = SiteSpec(
    title="Site & Söhne",
    url="https://news.example.org",
    feeds_url="https://news.example.org/feeds",
    language="de",
    timezone="Europe/Berlin",
    hub="https://hub.example.org/",
)
FEED = FeedSpec(name="alle", title="Alles & mehr", description="Was < neu ist", limit=None)
LOADED = {format_.name: format_ for format_ in load_formats(page_environment(TEMPLATES))}
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML = "{http://www.w3.org/XML/1998/namespace}"

every_format = pytest.mark.parametrize("format_", LOADED.values(), ids=LOADED)


def document(format_: Format, *articles: Article, feed: FeedSpec = FEED, updated: datetime = NOON) -> bytes:
    writer = format_.writer(feed_head(SITE, feed, tuple(LOADED.values())))
    for article in articles:
        writer.append(writer.render(feed_article(article, SITE.feeds_url)))
    target = io.BytesIO()
    writer.finish(Ending(updated=updated), target)
    writer.close()
    target.seek(0)
    format_.check(target)
    return target.getvalue()


def ready(*articles: Article) -> list[FeedArticle]:
    return [feed_article(article, SITE.feeds_url) for article in articles]


def atom(*articles: Article, **options: Any) -> etree._Element:
    return etree.fromstring(document(LOADED["atom"], *articles, **options))


def atom_entry(article: Article) -> etree._Element:
    entry = atom(article).find(f"{ATOM}entry")
    assert entry is not None
    return entry


def rss(*articles: Article, **options: Any) -> etree._Element:
    return etree.fromstring(document(LOADED["rss"], *articles, **options))[0]


def rss_item(article: Article) -> etree._Element:
    item = rss(article).find("item")
    assert item is not None
    return item


def json_feed(*articles: Article, **options: Any) -> dict[str, Any]:
    feed: dict[str, Any] = json.loads(document(LOADED["json"], *articles, **options))
    return feed


def json_item(article: Article) -> dict[str, Any]:
    item: dict[str, Any] = json_feed(article)["items"][0]
    return item


def texts(element: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path)]


# All formats


def test_the_formats_are_those_of_the_configuration_in_its_order() -> None:
    assert tuple(LOADED) == FORMATS


@every_format
def test_the_same_articles_give_the_same_bytes(format_: Format) -> None:
    assert document(format_, *varied_articles()) == document(format_, *varied_articles())


@every_format
def test_eight_threads_at_once_build_what_one_builds_alone(format_: Format) -> None:
    alone = document(format_, *varied_articles())
    built: list[bytes] = []
    threads = [threading.Thread(target=lambda: built.append(document(format_, *varied_articles()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [alone] * 8


@every_format
def test_no_character_is_published_that_xml_forbids(format_: Format) -> None:
    text = document(format_, *varied_articles()).decode()
    assert not [character for character in text if character < " " and character not in "\n\t"]
    assert not set(text) & set("\x7f\x85\ufffe\uffff\ud83d")


@every_format
def test_an_empty_feed_is_a_document_and_changed_when_it_was_told(format_: Format) -> None:
    text = document(format_, updated=EPOCH).decode()
    assert "Alles" in text
    assert str(datetime.now(UTC).year + 1) not in text
    if format_.name in ("atom", "html"):
        assert EPOCH.isoformat() in text


@every_format
def test_a_feed_without_any_other_format_can_be_published(format_: Format) -> None:
    feed = replace(FEED, formats=(format_.name,), description="")
    assert document(format_, make_article(), feed=feed)


@every_format
def test_a_text_that_is_cut_short_is_not_published(format_: Format) -> None:
    whole = document(format_, make_article("One"), make_article("Two"))
    with pytest.raises(PublishError):
        format_.check(io.BytesIO(whole[: len(whole) // 2]))


@pytest.mark.parametrize("name", ["atom", "rss", "json"])
def test_a_document_with_the_same_id_twice_is_not_published(name: str) -> None:
    with pytest.raises(PublishError, match=r"the id tag:example\.org,2026:same"):
        document(LOADED[name], *[make_article(public_id="tag:example.org,2026:same") for _ in range(2)])


def test_feedparser_reads_the_same_from_atom_and_rss_as_there_is() -> None:
    articles = [article for article in varied_articles() if article.content.title]
    expected = ready(*articles)
    for name in ("atom", "rss"):
        parsed = feedparser.parse(document(LOADED[name], *articles), sanitize_html=False, resolve_relative_uris=False)
        assert not parsed.bozo
        assert parsed.feed.title == "Alles & mehr"
        assert [entry.link for entry in parsed.entries] == [article.url for article in expected]
        assert [entry.id for entry in parsed.entries] == [article.id for article in expected]
        assert [entry.published_parsed[:6] for entry in parsed.entries] == [
            article.published.timetuple()[:6] for article in expected
        ]
        assert [entry.content[0].value if "content" in entry else "" for entry in parsed.entries if entry] == [
            article.html if name == "atom" or article.summary else "" for article in expected
        ]
        shown = [
            (title_text(entry.title_detail), article.title)
            for entry, article in zip(parsed.entries, expected, strict=True)
            if name == "atom" or not re.search("<|&[a-z]+;", article.title)  # in RSS nobody can tell what those mean
        ]
        assert [got for got, _ in shown] == [wanted for _, wanted in shown]


def title_text(detail: Any) -> str:
    return shown_by(detail.value) if detail.type == "text/html" else str(detail.value)


def shown_by(html: str) -> str:
    """What a browser shows of HTML."""
    return str(lxml_html.fragment_fromstring(html, create_parent=True).text_content())


# Atom


def test_atom_says_who_what_where_and_when() -> None:
    feed = atom(make_article(), updated=NOON)
    assert feed.get(f"{XML}lang") == "de"
    assert feed.findtext(f"{ATOM}id") == "https://news.example.org/feeds/alle/atom.xml"
    assert feed.findtext(f"{ATOM}title") == "Alles & mehr"
    assert feed.findtext(f"{ATOM}subtitle") == "Was < neu ist"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Site & Söhne"
    assert feed.findtext(f"{ATOM}updated") == "2026-03-01T12:00:00+00:00"


def test_atom_has_one_self_one_page_its_siblings_and_the_hub() -> None:
    links = [(link.get("rel"), link.get("type"), link.get("href")) for link in atom().findall(f"{ATOM}link")]
    home = "https://news.example.org/feeds/alle"
    assert links == [
        ("self", "application/atom+xml", f"{home}/atom.xml"),
        ("alternate", "application/rss+xml", f"{home}/rss.xml"),
        ("alternate", "application/feed+json", f"{home}/feed.json"),
        ("alternate", "text/html", f"{home}/index.html"),
        ("hub", None, "https://hub.example.org/"),
    ]


def test_an_atom_id_that_was_set_stays_when_the_feed_moves() -> None:
    assert atom(feed=replace(FEED, id="tag:old.example.org,2020:feed")).findtext(f"{ATOM}id", "").startswith("tag:old")


def test_atom_links_have_their_relation_type_and_length() -> None:
    sound = Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", length=12345, title="Part 1")
    film = Enclosure(url="https://example.org/b.mp4", media_type="video/mp4")
    article = make_article(enclosures=(sound, film), comments_url="https://example.org/comments")
    links = [dict(link.attrib) for link in atom_entry(article).findall(f"{ATOM}link")]
    assert links == [
        {"href": article.content.url},
        {"rel": "enclosure", "type": "audio/mpeg", "href": sound.url, "length": "12345", "title": "Part 1"},
        {"rel": "enclosure", "type": "video/mp4", "href": film.url},
        {"rel": "replies", "type": "text/html", "href": "https://example.org/comments"},
    ]


def test_atom_content_is_html_and_its_titles_are_text() -> None:
    entry = atom_entry(make_article("Fish & chips < 5 €"))
    content, title = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}title")
    assert content is not None
    assert title is not None
    assert (content.get("type"), content.text) == ("html", ENGLISH)
    assert (title.get("type"), title.text) == (None, "Fish & chips < 5 €")


@pytest.mark.parametrize("title", ["AT&amp;T", "&#8364;", "<!-- -->", "a <b> c", "</ b>"])
def test_an_atom_title_with_signs_of_markup_is_text(title: str) -> None:
    element = atom_entry(make_article(title)).find(f"{ATOM}title")
    assert element is not None
    assert (element.get("type"), element.text) == (None, title)


@pytest.mark.parametrize("title", ["<b>bold</b>", "</p>"])
def test_an_atom_title_with_elements_of_html_is_declared_as_html_that_shows_it(title: str) -> None:
    element = atom_entry(make_article(title)).find(f"{ATOM}title")
    assert element is not None
    assert element.get("type") == "html"
    assert shown_by(element.text or "") == title


def test_atom_entries_of_the_same_second_are_told_apart_the_same_way_each_time() -> None:
    articles = [make_article(published=EPOCH) for _ in range(50)]
    times = texts(atom(*articles), f"{ATOM}entry/{ATOM}updated")
    assert len(set(times)) == 50
    assert {datetime.fromisoformat(time or "").replace(microsecond=0) for time in times} == {EPOCH}
    assert texts(atom(articles[7]), f"{ATOM}entry/{ATOM}updated") == [times[7]]


def test_an_atom_entry_that_was_never_edited_was_updated_when_it_was_published() -> None:
    entry = atom_entry(make_article())
    assert entry.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}published")


def test_an_atom_entry_has_a_title_and_text_whatever_the_article_lacks() -> None:
    entry = atom_entry(make_article("", "", teaser="", published=NOON))
    assert entry.findtext(f"{ATOM}title") == entry.findtext(f"{ATOM}summary") == "2026-03-01"
    assert atom_entry(make_article("", "<p>How it <b>begins</b></p>", teaser="")).findtext(f"{ATOM}title") == (
        "How it begins"
    )


def test_an_atom_entry_names_its_language_where_it_is_not_the_feeds() -> None:
    assert [entry.get(f"{XML}lang") for entry in atom(*[make_article(language=tag) for tag in ("ar", "de", None)])][
        -3:
    ] == ["ar", None, None]


def test_atom_categories_show_the_topic_as_written() -> None:
    category = atom_entry(make_article(topics=("Recht & Politik",))).find(f"{ATOM}category")
    assert category is not None
    assert category.get("term") == category.get("label") == "Recht & Politik"
    assert category.get("scheme") == "https://news.example.org/feeds/#topics"


def test_e_mail_addresses_of_authors_are_not_published() -> None:
    author = Author(name="Carl", email="carl@example.org", url="https://example.org/carl")
    for format_ in LOADED.values():
        text = document(format_, make_article(authors=(author,))).decode()
        assert "Carl" in text
        assert "carl@" not in text


# RSS


def test_rss_says_what_where_and_when_with_its_items_last() -> None:
    channel = rss(make_article(), make_article())
    assert channel.findtext("title") == "Alles & mehr"
    assert channel.findtext("link") == "https://news.example.org/feeds/alle/index.html"
    assert channel.findtext("description") == "Was < neu ist"
    assert channel.findtext("language") == "de"
    assert channel.findtext("lastBuildDate") == "Sun, 01 Mar 2026 12:00:00 +0000"
    assert [(link.get("rel"), link.get("href")) for link in channel.findall(f"{ATOM}link")] == [
        ("self", "https://news.example.org/feeds/alle/rss.xml"),
        ("hub", "https://hub.example.org/"),
    ]
    tags = [element.tag for element in channel]
    assert tags.index("item") == len(tags) - 2
    assert "ttl" not in tags


def test_an_rss_item_has_its_summary_before_its_full_content() -> None:
    tags = [element.tag for element in rss_item(make_article())]
    assert tags.index("description") < tags.index(f"{CONTENT}encoded")
    assert rss_item(make_article()).findtext(f"{CONTENT}encoded") == ENGLISH


def test_an_rss_summary_is_html_that_shows_the_teaser() -> None:
    assert rss_item(make_article(teaser="a < b & c")).findtext("description") == "a &lt; b &amp; c"


def test_an_rss_item_without_a_teaser_has_its_content_as_its_description() -> None:
    item = rss_item(make_article(teaser=""))
    assert item.findtext("description") == ENGLISH
    assert item.find(f"{CONTENT}encoded") is None


def test_an_rss_item_without_a_title_has_a_description_and_one_without_anything_has_a_title() -> None:
    assert rss_item(make_article("")).find("title") is None
    assert rss_item(make_article("")).findtext("description")
    assert rss_item(make_article("", "", teaser="", published=NOON)).findtext("title") == "2026-03-01"


def test_rss_has_no_html_in_what_it_says_of_feeds() -> None:
    channel = rss(
        make_article(origin=Origin(title="<b>Another</b> site", url="https://a.example/feed")),
        feed=replace(FEED, description="All <i>there</i> is"),
    )
    assert (channel.findtext("description"), channel.findtext("item/source")) == ("All there is", "Another site")


def test_an_rss_title_is_escaped_once() -> None:
    written = document(LOADED["rss"], make_article("Fish & chips < 5")).decode()
    assert "<title>Fish &#x26; chips &#x3C; 5</title>" in written  # as the Best Practices Profile has it


def test_an_rss_guid_is_a_permalink_only_if_it_is_the_link() -> None:
    guid = rss_item(make_article()).find("guid")
    same = rss_item(make_article(url="https://example.org/1", public_id="https://example.org/1")).find("guid")
    assert guid is not None
    assert same is not None
    assert (guid.get("isPermaLink"), same.get("isPermaLink")) == ("false", "true")


def test_an_rss_item_has_one_enclosure_with_a_length_even_if_none_is_known() -> None:
    film = Enclosure(url="https://example.org/b.mp4", media_type="video/mp4")
    sound = Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", length=5)
    item = rss_item(make_article(enclosures=(film, sound)))
    assert [dict(enclosure.attrib) for enclosure in item.findall("enclosure")] == [
        {"url": film.url, "length": "0", "type": "video/mp4"}
    ]


def test_rss_authors_are_creators_and_need_no_e_mail_address() -> None:
    item = rss_item(make_article(authors=(Author(name="Ann & Bob"), Author(name="Çağla"))))
    assert texts(item, f"{DC}creator") == ["Ann & Bob", "Çağla"]
    assert item.find("author") is None


def test_the_feed_of_the_comments_is_named_and_its_namespace_declared_only_where_there_is_one() -> None:
    article = make_article(comments_feed="https://example.org/1/feed/?a&b")
    assert b"wellformedweb" not in document(LOADED["rss"], make_article())
    assert texts(rss_item(article), "{http://wellformedweb.org/CommentAPI/}commentRss") == [
        "https://example.org/1/feed/?a&b"
    ]
    links = [dict(link.attrib) for link in atom_entry(article).findall(f"{ATOM}link") if link.get("rel") == "replies"]
    assert links == [{"rel": "replies", "type": "application/rss+xml", "href": "https://example.org/1/feed/?a&b"}]


def test_rss_dates_are_english_whatever_the_locale() -> None:
    assert rss_item(make_article(published=EPOCH)).findtext("pubDate") == "Thu, 01 Jan 2026 00:00:00 +0000"


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_the_lead_picture_is_named_with_its_description(name: str) -> None:
    article = make_article(picture=Picture(url="https://example.org/p.jpg", alt="A hill", width=12))
    root = etree.fromstring(document(LOADED[name], article))
    picture = root.find(f".//{MEDIA}content")
    assert picture is not None
    assert {str(name): str(value) for name, value in picture.attrib.items()} == {
        "url": "https://example.org/p.jpg",
        "medium": "image",
        "width": "12",
    }
    assert picture.findtext(f"{MEDIA}description") == "A hill"


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_namespaces_are_declared_once_and_by_their_usual_prefixes(name: str) -> None:
    text = document(LOADED[name], *varied_articles()).decode()
    assert text.count("xmlns:media=") == 1
    assert "ns0:" not in text
    # A parser that minds namespaces: lxml's incremental writer binds a prefix of its own to that of xml:lang.
    expat.ParserCreate(namespace_separator=" ").Parse(text, True)


def test_building_rss_never_switches_the_locale_of_the_process() -> None:
    """Feedgen formats dates under ``setlocale(LC_ALL, "C")``: another thread's locale would be lost."""
    before = locale.setlocale(locale.LC_ALL)
    seen = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.add(locale.setlocale(locale.LC_CTYPE))

    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    watcher = threading.Thread(target=watch)
    try:
        watcher.start()
        for _ in range(20):
            document(LOADED["rss"], *[make_article() for _ in range(20)])
    finally:
        stop.set()
        watcher.join()
        locale.setlocale(locale.LC_ALL, before)
    assert seen == {"C.UTF-8"}


# JSON Feed


def test_the_json_feed_conforms_to_version_1_1() -> None:
    check_json_feed(json_feed(*varied_articles()))
    check_json_feed(json_feed())


def test_a_json_item_has_all_that_is_known() -> None:
    article = make_article(
        "Fish & chips",
        authors=(Author(name="Ann", url="https://example.org/ann"),),
        topics=("Food",),
        picture=Picture(url="https://example.org/p.jpg", alt="A plate"),
        enclosures=(
            Enclosure(url="https://example.org/a.mp3", media_type="audio/mpeg", length=5, title="One", duration=60),
        ),
        published=EPOCH,
        updated=EPOCH + timedelta(days=1),
    )
    assert json_item(article) == {
        "id": article.public_id,
        "url": article.content.url,
        "title": "Fish & chips",
        "content_html": '<figure><img src="https://example.org/p.jpg" alt="A plate"></figure>\n' + ENGLISH,
        "summary": "What it is about.",
        "image": "https://example.org/p.jpg",
        "date_published": "2026-01-01T00:00:00+00:00",
        "date_modified": "2026-01-02T00:00:00+00:00",
        "authors": [{"name": "Ann", "url": "https://example.org/ann"}],
        "tags": ["Food"],
        "language": "en",
        "attachments": [
            {
                "url": "https://example.org/a.mp3",
                "mime_type": "audio/mpeg",
                "title": "One",
                "size_in_bytes": 5,
                "duration_in_seconds": 60,
            }
        ],
        "_rundbrief": {"image_description": "A plate"},
    }


def test_a_json_item_leaves_out_what_is_not_known() -> None:
    item = json_item(make_article("", "", teaser="", language=None))
    assert set(item) == {"id", "url", "date_published", "content_text"}


def test_the_json_feed_names_itself_its_page_and_its_hub() -> None:
    feed = json_feed()
    assert feed["feed_url"] == "https://news.example.org/feeds/alle/feed.json"
    assert feed["home_page_url"] == "https://news.example.org/feeds/alle/index.html"
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]


def check_json_feed(feed: dict[str, Any]) -> None:
    """JSON Feed 1.1, rule by rule: what must be there, what may, and of which type."""
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    check_object(
        feed,
        required={"version": str, "title": str, "items": list},
        optional={"home_page_url": "url", "feed_url": "url", "description": str, "authors": list, "language": str}
        | {"hubs": list, "icon": "url", "favicon": "url", "next_url": "url", "user_comment": str, "expired": bool},
    )
    check_authors(feed)
    for hub in feed.get("hubs", []):
        check_object(hub, required={"type": str, "url": "url"}, optional={})
    for item in feed["items"]:
        check_object(
            item,
            required={"id": str},
            optional={"url": "url", "external_url": "url", "title": str, "content_html": str, "content_text": str}
            | {"summary": str, "image": "url", "banner_image": "url", "date_published": "time", "date_modified": "time"}
            | {"authors": list, "tags": list, "language": str, "attachments": list},
        )
        assert "content_html" in item or "content_text" in item
        assert all(isinstance(tag, str) and tag for tag in item.get("tags", []))
        check_authors(item)
        for attachment in item.get("attachments", []):
            check_object(
                attachment,
                required={"url": "url", "mime_type": str},
                optional={"title": str, "size_in_bytes": int, "duration_in_seconds": int},
            )
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


def check_authors(value: dict[str, Any]) -> None:
    for author in value.get("authors", []):
        assert author
        check_object(author, required={}, optional={"name": str, "url": "url", "avatar": "url"})


def check_object(value: dict[str, Any], *, required: dict[str, Any], optional: dict[str, Any]) -> None:
    known = required | optional
    assert required.keys() <= value.keys()
    for name, member in value.items():
        if name.startswith("_"):  # an extension is an object
            assert isinstance(member, dict)
            continue
        match known[name]:
            case "url":
                assert urlsplit(member).scheme in ("http", "https")
                assert member.isascii()
            case "time":
                assert datetime.fromisoformat(member).tzinfo
            case kind:
                assert isinstance(member, kind)


# The HTML twin


def test_the_twin_shows_every_article_and_leads_to_the_feeds() -> None:
    articles = varied_articles()
    page: Any = lxml_html.fromstring(document(LOADED["html"], *articles))
    links = page.xpath("//article/h2/a")
    assert [link.get("href") for link in links] == [article.url for article in ready(*articles)]
    assert [link.text_content() for link in links] == [article.headline for article in ready(*articles)]
    assert page.xpath("//link[@rel='alternate']/@href") == ["atom.xml", "rss.xml", "feed.json"]
    assert page.xpath("//section[@id='subscribe']//code/text()") == [
        f"https://news.example.org/feeds/alle/{name}" for name in ("atom.xml", "rss.xml", "feed.json")
    ]


def test_the_twin_leads_to_what_can_be_heard_or_seen() -> None:
    sound = Enclosure(url="https://a.example/1.mp3", media_type="audio/mpeg", title="Folge & eins")
    film = Enclosure(url="https://a.example/1.mp4", media_type="video/mp4")
    page: Any = lxml_html.fromstring(document(LOADED["html"], make_article(enclosures=(sound, film)), make_article()))
    links = page.xpath("//article/p/a[@type]")
    shown = [(link.get("href"), link.get("type"), link.text_content()) for link in links]
    assert shown == [(sound.url, "audio/mpeg", "Folge & eins"), (film.url, "video/mp4", film.url)]


def test_the_twin_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    page: Any = lxml_html.fromstring(document(LOADED["html"], *varied_articles()))
    assert not page.xpath("//script | //link[@rel='stylesheet'] | //img")
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_the_twin_speaks_the_feeds_language_and_each_article_its_own() -> None:
    page: Any = lxml_html.fromstring(document(LOADED["html"], make_article(language="ar"), make_article(language=None)))
    assert page.get("lang") == "de"
    assert page.xpath("//section[@id='subscribe']/h2/text()") == ["Abonnieren"]
    assert [(article.get("lang"), article.get("dir")) for article in page.xpath("//article")] == [
        ("ar", "rtl"),
        (None, "auto"),
    ]
    arabic: Any = lxml_html.fromstring(document(LOADED["html"], feed=replace(FEED, language="ar")))
    assert (arabic.get("lang"), arabic.get("dir")) == ("ar", "rtl")
    assert arabic.xpath("//p[@lang='en']")


def test_the_twin_shows_days_in_the_sites_time_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    page: Any = lxml_html.fromstring(document(LOADED["html"], make_article(published=late)))
    assert page.xpath("//article//time/text()") == ["2. März 2026"]


# One feed on disk


def test_a_feed_has_the_same_articles_in_all_of_its_documents(tmp_path: Path) -> None:
    articles = varied_articles()
    done = publish_feed(SITE, FEED, articles, tmp_path, formats=tuple(LOADED.values()), epoch=EPOCH)
    assert not done.problems
    assert [path.name for path in done.written] == ["atom.xml", "rss.xml", "feed.json", "index.html"]
    home = tmp_path / "alle"
    ids = [article.id for article in ready(*articles)]
    assert texts(etree.parse(home / "atom.xml").getroot(), f"{ATOM}entry/{ATOM}id") == ids
    assert texts(etree.parse(home / "rss.xml").getroot(), "channel/item/guid") == ids
    assert [item["id"] for item in json.loads((home / "feed.json").read_bytes())["items"]] == ids
