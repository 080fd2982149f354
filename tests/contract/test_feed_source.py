from __future__ import annotations

import runpy
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.addresses import AddressRefused
from pipeline.collect.fetch import Fetcher, FetchLimits, Response
from pipeline.collect.source import Collection, Source, SourceState
from pipeline.collect.sources.feed import FeedSource
from pipeline.domain.article import Content, Origin, Sighting
from pipeline.errors import InvalidSource, SourceError, SourceGone, SourceUnavailable
from tests.fakes.feed_server import FeedServer

DATA = Path(__file__).parent.parent / "data" / "feeds"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.suffix in {".xml", ".json"})
NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LIMITS = FetchLimits(max_bytes=5_000_000, total_seconds=0.6, connect_seconds=0.5)
JSON = "application/feed+json"


class Document:
    """Stands in for the fetcher: one document, wherever it is asked for."""

    def __init__(self, body: bytes | str, content_type: str = "application/xml", charset: str | None = None) -> None:
        self.body = body if isinstance(body, bytes) else body.encode()
        self.content_type = content_type
        self.charset = charset

    def get(
        self, url: str, *, etag: str | None, last_modified: str | None, allow_private: bool, now: datetime
    ) -> Response:
        return Response(status=200, url=url, body=self.body, content_type=self.content_type, charset=self.charset)


def _nothing_known(key: str) -> None:
    return None


def source_of(document: Document) -> FeedSource:
    return FeedSource("blog", "https://feeds.example.org/dir/feed", document)


def read(source: Document | FeedSource, known: Mapping[str, str] | None = None) -> Collection:
    source = source if isinstance(source, FeedSource) else source_of(source)
    return source.collect(SourceState(), (known or {}).get, NOW)


def only(source: Document | FeedSource) -> Content:
    (sighting,) = read(source).sightings
    assert sighting.content is not None
    return sighting.content


def rss(items: str, start: str = "", channel: str = "") -> Document:
    return Document(
        f'<?xml version="1.0"?>{start}<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>t</title><link>https://blog.example.org/</link>{channel}{items}</channel></rss>"
    )


def json_feed(items: str) -> Document:
    return Document(f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{items}]}}', JSON)


def atom(entry: str) -> Document:
    head = "<title>T</title><id>urn:1</id><updated>2026-02-01T10:00:00Z</updated>"
    return Document(
        f'<feed xmlns="http://www.w3.org/2005/Atom">{head}<entry>{head}{entry}</entry></feed>'.encode(),
        "application/atom+xml",
    )


def item(title: str = "T", rest: str = "") -> str:
    return f"<item><title>{title}</title>{rest}</item>"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(user_agent="Rundbrief/0.0 (+https://news.example.org)", limits=LIMITS)


# ---- what the formats mean


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_of_each_format_becomes_what_stands_beside_it(name: str) -> None:
    expected = runpy.run_path(str((DATA / name).with_suffix(".py")))["expected"]
    kind = JSON if name.endswith(".json") else "application/xml"
    collection = read(Document((DATA / name).read_bytes(), kind))
    assert [replace(sighting, raw_hash="") for sighting in collection.sightings] == expected
    assert collection.problems == ()
    assert not collection.complete


def test_it_is_a_source() -> None:
    source: Source = FeedSource("blog", "https://feeds.example.org/", rss(""))
    assert source.name == "blog"


@pytest.mark.parametrize(
    ("escaped", "title"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("1 &lt; 2", "1 < 2"),
        ("a &lt;b&gt;bold&lt;/b&gt; word", "a bold word"),
        ("The &lt;script&gt; tag", "The <script> tag"),
        ("😀 \u05e9\u05dc\u05d5\u05dd &#x1F600;", "😀 שלום 😀"),
        ("<![CDATA[Grüße & <i>mehr</i>]]>", "Grüße & mehr"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\x01\x08b", "ab"),
        ("caf&eacute;&nbsp;x", "café x"),
    ],
)
def test_rss_titles_become_plain_text(escaped: str, title: str) -> None:
    assert only(rss(item(escaped))).title == title


def test_an_entry_without_a_title_is_called_by_its_text() -> None:
    document = rss(
        "<item><description>&lt;p&gt;Ein Satz ohne Titel.&lt;/p&gt;&lt;p&gt;Mehr.&lt;/p&gt;</description></item>"
    )
    (sighting,) = read(document).sightings
    assert sighting.content is not None
    assert sighting.content.title == "Ein Satz ohne Titel."
    assert "no title" in sighting.notes[0]


def test_relative_links_resolve_against_the_entry_and_xml_base() -> None:
    body = "<description>&lt;a href='x'&gt;l&lt;/a&gt;</description>"
    assert 'href="https://blog.example.org/2024/x"' in only(rss(item(rest=f"<link>/2024/post</link>{body}"))).html
    assert 'href="https://blog.example.org/x"' in only(rss(item(rest=body))).html
    based = '<feed xmlns="http://www.w3.org/2005/Atom"><entry xml:base="/b/"><id>1</id><link href="p"/>'
    based += '<content type="html">&lt;img src="i.png"&gt;</content></entry></feed>'
    content = only(Document(based))
    assert content.url == "https://feeds.example.org/b/p"
    assert content.html == '<img src="https://feeds.example.org/b/i.png">'


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://x.example/", "http://[", "data:text/html,x"])
def test_a_link_that_is_no_web_address_is_dropped_and_noted(link: str) -> None:
    document = json_feed(f'{{"id": "1", "title": "T", "url": "{link}"}}')
    (sighting,) = read(document).sightings
    assert sighting.content is not None
    assert sighting.content.url is None
    assert any("its link" in note for note in sighting.notes)


def test_a_guid_that_is_no_address_is_no_link() -> None:
    assert only(rss(item(rest="<guid>12345</guid>"))).url is None
    assert only(rss(item(rest="<guid>https://blog.example.org/a</guid>"))).url == "https://blog.example.org/a"
    assert only(rss(item(rest='<guid isPermaLink="false">https://blog.example.org/a</guid>'))).url is None


def test_dates_that_cannot_be_believed_are_dropped_and_noted() -> None:
    dates = ["31 Feb 2024", "0000-00-00", "Fri, 05 Jan 2024 10:00:00 XYZ", "Mon, 01 Jan 2035 00:00:00 GMT"]
    collection = read(rss("".join(item(str(n), f"<pubDate>{date}</pubDate>") for n, date in enumerate(dates))))
    for sighting, date in zip(collection.sightings, dates, strict=True):
        assert sighting.content is not None
        assert sighting.content.published is None
        assert date in sighting.notes[0]


def test_a_date_a_few_hours_ahead_is_somebody_elses_zone() -> None:
    tomorrow = NOW + timedelta(hours=10)
    assert only(rss(item(rest=f"<pubDate>{tomorrow.isoformat()}</pubDate>"))).published == tomorrow


def test_a_time_without_a_zone_is_in_the_sources_own() -> None:
    document = rss(item(rest="<pubDate>2024-07-01 10:00</pubDate>"))
    assert only(replace(source_of(document), timezone=ZoneInfo("Europe/Berlin"))).published == datetime(
        2024, 7, 1, 8, tzinfo=UTC
    )


def test_the_sources_topics_and_language_come_on_top() -> None:
    document = rss(item(rest="<category>KI</category>"), channel="<language>en</language>")
    content = only(replace(source_of(document), topics=("ki", "Neu"), language="de"))
    assert content.topics == ("KI", "Neu")
    assert content.language == "de"


def test_the_language_is_read_from_the_text_where_the_feed_names_none() -> None:
    text = (
        "Der Verlag hat gestern bekannt gegeben, dass die Zeitung von nun an nicht mehr jeden Tag erscheinen wird. " * 3
    )
    assert only(rss(item(rest=f"<description>{text}</description>"))).language == "de"


def test_pictures_are_not_enclosures_of_another_kind() -> None:
    content = only(
        rss(item(rest='<enclosure url="/a.jpg" type="image/jpeg" length="9"/><media:thumbnail url="/t.jpg"/>'))
    )
    assert content.picture is not None
    assert content.picture.url == "https://blog.example.org/t.jpg"
    assert [enclosure.url for enclosure in content.enclosures] == ["https://blog.example.org/a.jpg"]


def test_a_picture_is_described_as_it_is_in_the_article() -> None:
    thumbnail = '<media:thumbnail url="/rad.jpg?a=1&amp;b=2"/>'
    images = "<img alt='Haus' src='/haus.jpg'><img src='/rad.jpg?a=1&amp;b=2' alt='Ein &quot;Rad&quot;'>"
    content = only(rss(item("T", f"{thumbnail}<description>{escape(images)}</description>")))
    assert content.picture is not None
    assert content.picture.url == "https://blog.example.org/rad.jpg?a=1&b=2"
    assert content.picture.alt == 'Ein "Rad"'


@pytest.mark.parametrize(
    ("feed", "origin"),
    [
        (
            rss(item(rest='<source url="https://b.example/feed">B &amp;amp; C</source>')),
            Origin(title="B & C", url="https://b.example/feed"),
        ),
        (rss(item(rest='<source url="javascript:alert(1)">B</source>')), None),
        (rss(item(rest="<source>B</source>")), None),
        (
            atom(
                "<source><id>urn:b</id><title type='html'>B &amp;lt;3 C</title>"
                "<link href='https://b.example/'/><link rel='self' href='https://b.example/atom'/></source>"
            ),
            Origin(title="B <3 C", url="https://b.example/atom"),
        ),
        (
            atom("<source><id>urn:b</id><link href='https://b.example/'/></source>"),
            Origin(title="https://b.example/", url="https://b.example/"),
        ),
    ],
)
def test_what_an_aggregator_passes_on_says_whose_it_is(feed: Document, origin: Origin | None) -> None:
    assert only(feed).origin == origin


@pytest.mark.parametrize("length", ["", "0", "-1", "unknown", "1.5", "9" * 40])
def test_a_length_that_is_none_is_none(length: str) -> None:
    content = only(rss(item(rest=f'<enclosure url="https://x.example/a.mp3" length="{length}"/>')))
    (enclosure,) = content.enclosures
    assert (enclosure.length, enclosure.media_type) == (None, "audio/mpeg")


# ---- identity


def test_keys_are_the_guid_else_the_link_else_the_text() -> None:
    items = item("a", "<guid>id-1</guid><link>https://x.example/1</link>") + item(
        "b", "<link>https://x.example/2</link>"
    )
    sightings = read(rss(items + item("c") + item("d"))).sightings
    assert [sighting.key for sighting in sightings][:2] == ["id-1", "https://x.example/2"]
    assert len({sighting.key for sighting in sightings}) == 4
    assert [sighting.key for sighting in read(rss(item("d") + item("c"))).sightings] == [
        sightings[3].key,
        sightings[2].key,
    ]


def test_a_guid_that_all_items_share_hides_none_of_them() -> None:
    items = [item(str(n), f"<guid>same</guid><link>https://x.example/{n % 2}</link>") for n in range(4)]
    sightings = read(rss("".join(items))).sightings
    assert len({sighting.key for sighting in sightings}) == 4
    assert [sighting.content.title for sighting in sightings if sighting.content] == ["0", "1", "2", "3"]
    assert all("also that of other entries" in sighting.notes[0] for sighting in sightings)


def test_an_item_that_is_there_twice_is_there_once() -> None:
    assert len(read(rss(item("a", "<guid>1</guid>") * 2)).sightings) == 1


def test_what_is_known_is_not_cleaned_again() -> None:
    document = rss(item("a", "<guid>1</guid>") + item("b", "<guid>2</guid>"))
    first = read(document)
    known = {sighting.key: sighting.raw_hash for sighting in first.sightings}
    assert [sighting.content for sighting in read(document, known).sightings] == [None, None]
    changed = rss(item("a", "<guid>1</guid>") + item("b!", "<guid>2</guid>"))
    assert [sighting.content is None for sighting in read(changed, known).sightings] == [True, False]
    assert [
        sighting.content is None for sighting in read(replace(source_of(document), topics=("x",)), known).sightings
    ] == [False, False]


def test_what_changes_at_every_poll_is_no_change_of_the_article() -> None:
    slash = 'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    counts = [item("a", f"<guid>1</guid><slash:comments {slash}>{count}</slash:comments>") for count in (1, 2)]
    built = "<lastBuildDate>Sun, 01 Jun 2025 10:00:00 GMT</lastBuildDate>"
    first, second = read(rss(counts[0])), read(rss(counts[1], channel=built))
    assert first.sightings[0].raw_hash == second.sightings[0].raw_hash


# ---- over HTTP


def collect(source: FeedSource, state: SourceState | None = None) -> Collection:
    return source.collect(state or SourceState(), _nothing_known, NOW)


def test_an_unchanged_feed_costs_one_304(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.document("/feed", rss(item()).body, etag='W/"1"', last_modified="Sun, 01 Jun 2025 10:00:00 GMT")
    source = FeedSource("blog", url, fetcher, allow_private=True)
    first = collect(source)
    assert first.state == SourceState(asked=url, etag='W/"1"', last_modified="Sun, 01 Jun 2025 10:00:00 GMT")
    second = collect(source, first.state)
    assert second == Collection(sightings=(), state=first.state, not_modified=True, requests=1)
    assert len(server.requests) == 2


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(server: FeedServer, fetcher: Fetcher) -> None:
    server.document("/new", rss(item()).body, etag='"1"')
    source = FeedSource("blog", server.redirect("/old", "/new", 301), fetcher, allow_private=True)
    first = collect(source)
    second = collect(source, first.state)
    assert first.state.moved_to == second.state.moved_to == server.url("/new")
    assert second.not_modified
    assert [request.path for request in server.requests] == ["/old", "/new", "/new"]


def test_a_feed_that_moved_for_now_is_not(server: FeedServer, fetcher: Fetcher) -> None:
    server.document("/new", rss(item()).body)
    source = FeedSource("blog", server.redirect("/old", "/new", 302), fetcher, allow_private=True)
    assert collect(source).state.moved_to is None


def test_refusals_keep_their_kind(server: FeedServer, fetcher: Fetcher) -> None:
    with pytest.raises(SourceGone):
        collect(FeedSource("blog", server.status("/gone", 410), fetcher, allow_private=True))
    with pytest.raises(AddressRefused):
        collect(FeedSource("blog", server.document("/f", b""), fetcher))
    with pytest.raises(SourceUnavailable) as caught:
        collect(FeedSource("blog", server.status("/busy", 429, {"Retry-After": "60"}), fetcher, allow_private=True))
    assert caught.value.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "us-ascii", "no-such-charset", None])
@pytest.mark.parametrize(
    "header", ["text/xml", "text/xml; charset=iso-8859-1", "text/html", "application/xml; charset=x"]
)
def test_utf_8_is_read_as_utf_8_whatever_is_said_of_it(
    server: FeedServer, fetcher: Fetcher, declared: str | None, header: str
) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = f"{declaration}<rss version='2.0'><channel><item><title>Grüße „x“ 😀</title></item></channel></rss>".encode()
    collection = collect(FeedSource("blog", server.document("/f", body, header), fetcher, allow_private=True))
    assert [sighting.content.title for sighting in collection.sightings if sighting.content] == ["Grüße „x“ 😀"]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_as_declared(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f"<?xml version='1.0' encoding='{name}'?><rss version='2.0'><channel>{item('Grüße')}</channel></rss>"
    assert only(Document(text.encode(encoding), charset=None)).title == "Grüße"


# ---- what is hostile or broken

NESTED = '<!DOCTYPE x [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
HOSTILE: dict[str, tuple[Document, str]] = {
    "billion laughs": (rss(item("&j;"), start=NESTED + "]>"), "entities within entities"),
    "quadratic": (
        rss(item("&a;" * 50_000), start=f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'),
        "expand to far more",
    ),
    "external entity": (rss(item("&a;"), start='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "XXE"),
    "many attributes": (rss("<item " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>"), "64 attributes"),
    "many namespaces": (rss("".join(f'<x xmlns:n{n}="n"/>' for n in range(300)) + item()), "200 namespaces"),
    "many entries": (rss("<item/>" * 20_001), "20,000 entries"),
    "many tags": (rss("<a/>" * 1_000_001), "1,000,000 tags"),
    "a web page": (Document("<!DOCTYPE html><html><body>Hallo</body></html>"), "web page"),
    "a web page with a feed": (
        Document('<html><link rel="alternate" type="application/atom+xml" href="/feed.xml"></html>'),
        "names this feed: https://feeds.example.org/feed.xml",
    ),
    "nothing": (Document(b" \n"), "empty"),
    "text": (Document("Service temporarily unavailable"), "not a feed|no feed"),
    "other XML": (Document("<?xml version='1.0'?><urlset><url/></urlset>"), "not a feed"),
    "cut off at once": (Document(rss(item("T", "<description>Anfang")).body[:-40]), "cut off"),
    "other JSON": (Document('{"error": "not found"}', JSON), "not a JSON Feed"),
    "JSON list": (Document("[]", JSON), "not a JSON Feed"),
    "cut off JSON": (Document('{"version": "https://jsonfeed.org/version/1", "items": [', JSON), "valid JSON"),
    "deep JSON": (Document('{"items":' + "[" * 200_000, JSON), "nested too deeply"),
    "long numbers": (Document('{"items": [{"id": ' + "9" * 10_000 + "}]}", JSON), "valid JSON"),
    "wrong bytes": (Document(b'{"items": ["\xff"]}', JSON), "valid JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_feed_is_refused_by_name_and_quickly(name: str) -> None:
    document, message = HOSTILE[name]
    started = time.monotonic()
    with pytest.raises(InvalidSource, match=message) as caught:
        read(document)
    assert time.monotonic() - started < 3
    assert caught.value.where == "https://feeds.example.org/dir/feed"


@pytest.mark.parametrize(
    "document",
    [
        rss(item("T", "<description>" + "<b>" * 200_000 + "deep" + "</b>" * 200_000 + "</description>")),
        rss(item("T", "<description>" + "&lt;b&gt;" * 200_000 + "deep</description>")),
        rss(item("T", "<description>" + "wort " * 300_000 + "</description>")),
        rss(item("T", "<description><![CDATA[" + "<svg><style><div></style></svg>" * 20_000 + "]]></description>")),
    ],
    ids=["nested tags", "nested html", "long text", "crossed html"],
)
def test_hostile_content_becomes_a_clean_article_in_bounded_time(document: Document) -> None:
    started = time.monotonic()
    assert only(document).title == "T"
    assert time.monotonic() - started < 10


def test_scripts_get_into_no_field() -> None:
    bad = "javascript:alert(1)"
    content = only(
        rss(
            item(
                "&lt;b onclick=alert(1)&gt;T&lt;/b&gt;&lt;img src=x onerror=alert(1)&gt;",
                f"<link>{bad}</link><comments>{bad}</comments><category>&lt;script&gt;</category>"
                f'<enclosure url="{bad}" type="text/html&quot;&gt;"/><media:thumbnail url="{bad}"/>'
                f"<content:encoded>&lt;a href='{bad}' onclick=x()&gt;y&lt;/a&gt;&lt;script&gt;z&lt;/script&gt;"
                "</content:encoded>",
            )
        )
    )
    assert content.title == "T"
    assert content.html == "y"
    assert (content.url, content.comments_url, content.picture, content.enclosures) == (None, None, None, ())


def test_a_feed_that_is_not_well_formed_and_lost_nothing_is_worth_a_note() -> None:
    collection = read(rss(item("Tom & Jerry") + item("Zwei")))
    assert [sighting.content.title for sighting in collection.sightings if sighting.content] == ["Tom & Jerry", "Zwei"]
    assert collection.problems == ()
    (note,) = collection.notes
    assert (note.code, note.where) == ("feed-note", "source blog")
    assert "isn't well-formed XML (line" in note.what
    assert collection.remark == note.what


def test_a_feed_that_is_cut_off_loses_only_the_entry_it_breaks_off_in() -> None:
    whole = rss(item("Eins") + item("Zwei", "<description>Ein Satz, der ein Ende hat.</description>")).body
    collection = read(Document(whole[: whole.index(b" ein Ende")]))
    assert [sighting.content.title for sighting in collection.sightings if sighting.content] == ["Eins"]
    (problem,) = collection.problems
    assert problem.code == "feed-malformed"
    assert "cut off" in problem.what
    assert collection.remark == problem.what


def test_items_that_are_none_cost_only_themselves() -> None:
    odd = '{"id": {"a": 1}, "title": 5, "tags": "x", "authors": [1], "attachments": [{}, {"url": 7}], "url": "/odd"}'
    good = '{"id": "good", "title": "\\ud800\\u0001Good"}'
    collection = read(json_feed(f'1, null, "x", {{}}, {{"id": "empty"}}, {odd}, {good}'))
    titles = [sighting.content.title for sighting in collection.sightings if sighting.content]
    assert titles == ["https://feeds.example.org/odd", "Good"]
    assert len(collection.problems) == 3
    assert len(collection.notes) == 2, "where there is nothing in an item, nothing is lost with it"
    assert "empty" in collection.failed


@pytest.mark.parametrize("kind", ["bomb", "endless", "drip", "drip_headers", "cut_off"])
def test_servers_that_never_end_are_named_in_bounded_time(server: FeedServer, fetcher: Fetcher, kind: str) -> None:
    urls = {
        "bomb": server.bomb("/bomb", 2000),
        "endless": server.endless("/endless"),
        "drip": server.drip("/drip"),
        "drip_headers": server.drip_headers("/drip_headers"),
        "cut_off": server.cut_off("/cut_off", rss(item()).body),
    }
    started = time.monotonic()
    with pytest.raises(SourceError) as caught:
        collect(FeedSource("blog", urls[kind], fetcher, allow_private=True))
    assert time.monotonic() - started < 3
    assert caught.value.where == urls[kind]


def test_sightings_know_nothing_of_the_address_they_came_from() -> None:
    sightings: list[Sighting] = []
    for url in ("https://a.example/feed", "https://b.example/other/feed"):
        source = FeedSource("blog", url, rss(item("a", "<guid>relative</guid>")))
        sightings += source.collect(SourceState(), _nothing_known, NOW).sightings
    assert sightings[0].key == sightings[1].key == "relative"
    assert sightings[0].raw_hash == sightings[1].raw_hash
