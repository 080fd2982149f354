"""The quick reader of plain feeds, beside feedparser: it says the same or leaves the document alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.sources.feed_document import numbered_entities
from pipeline.collect.sources.feed_plain import plain_feed
from tests.fakes.both_parsers import plainly, same_or_nothing

FEEDS = Path(__file__).parents[2] / "data" / "feeds"

RSS = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:x="urn:x"><channel>{}</channel></rss>'
)
ATOM = (
    '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"'
    ' xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:media="http://search.yahoo.com/mrss/">{}</feed>'
)
BOTH_PARTS = [
    '<media:thumbnail url="https://a.example/t.jpg" width="10" height="7"/>',
    '<media:content url="https://a.example/m.JPG" type="Image/JPEG" medium="image"/>',
    '<media:content url="https://a.example/m.mp4" type="video/mp4" fileSize="5" duration="61"/>',
    "<!-- nothing --><?pi x?>",
    "stray",
]
ITEM_PARTS = [
    "<title>Größe</title>",
    "<title>A &amp;amp; B</title>",
    "<title><![CDATA[Über <b>alles</b> &nbsp;]]></title>",
    "<title>GrÃ¶Ã\u009fe</title>",
    "<title>1 &lt; 2</title>",
    "<link>https://a.example/1?a=1&amp;amp;b=2&amp;c;</link>",
    "<link/>",
    "<link>/relative</link>",
    "<link>https:///nowhere</link>",
    "<guid>https://a.example/1</guid>",
    '<guid isPermaLink="false">https://a.example/?p=1</guid>',
    "<guid>tag:a.example,2026:1</guid>",
    "<guid/>",
    "<description>&lt;p&gt;Text &amp;amp; mehr&lt;/p&gt;</description>",
    "<description/>",
    "<description><p>Not escaped</p></description>",
    "<content:encoded><![CDATA[<p>Ein “Text”</p>]]></content:encoded>",
    "<content:encoded>  </content:encoded>",
    "<pubDate>Sun, 01 Feb 2026 10:00:00 +0100</pubDate>",
    "<dc:date>2026-02-01</dc:date>",
    "<author>Anna</author>",
    "<author>anna@a.example (Anna)</author>",
    "<dc:creator><![CDATA[Jürgen Weiß]]></dc:creator>",
    "<dc:creator/>",
    "<category>KI</category>",
    '<category domain="https://a.example/tags">KI</category>',
    '<category domain="https://a.example/tags"/>',
    "<dc:subject>Technik</dc:subject>",
    '<enclosure url="https://a.example/a.mp3" length="7" type="Audio/MPEG"/>',
    '<enclosure url="https://a.example/a.png" length="x" type="image/png"/>',
    "<enclosure/>",
    "<comments>https://a.example/1#c</comments>",
    "<slash:comments>3</slash:comments>",
    '<w:commentRss xmlns:w="http://wellformedweb.org/CommentAPI/">/1/feed/</w:commentRss>',
    '<source url="https://b.example/feed">B</source>',
    "<x:title>Not ours</x:title>",
    '<atom:link href="https://a.example/x"/>',
    '<title xml:lang="en">In English</title>',
    *BOTH_PARTS,
]
CHANNEL_PARTS = [
    "<title>Blog</title>",
    "<link>https://a.example/</link>",
    "<description>Alles</description>",
    "<language>de-DE</language>",
    '<atom:link href="https://a.example/feed" rel="self" type="application/rss+xml"/>',
    '<atom:link href="https://a.example/2" rel="next"/>',
    '<atom:link href="https://a.example/home"/>',
    "<image><url>https://a.example/i.png</url><title>Bild</title><link>https://i.example/</link></image>",
    "<generator>WordPress 6</generator>",
    "<lastBuildDate>Sun, 01 Feb 2026 10:00:00 +0100</lastBuildDate>",
    "<textInput><title>Suche</title><link>https://s.example/</link></textInput>",
    "<category>Alles</category>",
    "<managingEditor>a@a.example</managingEditor>",
    "<skipHours><hour>1</hour></skipHours>",
]
ENTRY_PARTS = [
    "<title>Größe</title>",
    '<title type="html">A &amp;amp; &lt;b&gt;B&lt;/b&gt;</title>',
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A</div></title>',
    '<link href="https://a.example/1"/>',
    '<link rel="alternate" type="text/html" href="https://a.example/2" title="x"/>',
    '<link rel="alternate" type="application/json" href="https://a.example/3"/>',
    '<link rel="enclosure" href="https://a.example/a.mp3" length="7" type="audio/mpeg" title="Folge"/>',
    '<link rel="replies" href="https://a.example/1#c"/>',
    '<link rel="replies" type="application/atom+xml" href="https://a.example/c.atom"/>',
    '<link href="/relative"/>',
    '<link href=""/>',
    "<id>tag:a.example,2026:1</id>",
    "<id>https://a.example/1</id>",
    "<published>2026-02-01T10:00:00Z</published>",
    "<updated>2026-02-02T10:00:00Z</updated>",
    "<author><name>Anna</name><email>a@a.example</email><uri>https://a.example/anna</uri></author>",
    "<author><name> Jürgen </name></author>",
    "<author><name/></author>",
    "<author><email>b@a.example</email><name>b@a.example (Ben)</name></author>",
    "<author>Bare</author>",
    '<category term="ki" label="KI" scheme="https://a.example/"/>',
    '<category term="ki"/>',
    "<category/>",
    '<content type="html">&lt;p&gt;Text&lt;/p&gt;</content>',
    "<content>Text</content>",
    '<content type="html" xml:base="https://b.example/x/">&lt;a href="y"&gt;y&lt;/a&gt;</content>',
    '<content type="text/x-other">Text</content>',
    '<content src="https://a.example/c"/>',
    "<summary>Kurz</summary>",
    '<summary type="html" xml:base="/y/">&lt;i&gt;Kurz&lt;/i&gt;</summary>',
    "<thr:total>3</thr:total>",
    '<summary xml:lang="en">Short</summary>',
    *BOTH_PARTS,
]
FEED_PARTS = [
    "<title>Blog</title>",
    '<link href="https://a.example/" hreflang="de"/>',
    '<link rel="self" href="https://a.example/atom"/>',
    '<link rel="prev-archive" href="https://a.example/2025"/>',
    "<id>https://a.example/feed</id>",
    "<updated>2026-02-01T10:00:00Z</updated>",
    "<author><name>Die Redaktion</name></author>",
    '<generator uri="https://jekyllrb.com/" version="4">Jekyll</generator>',
    "<subtitle>Alles</subtitle>",
    '<title type="html" xml:base="https://t.example/">Blog</title>',
]


def documents(frame: str, around: Sequence[str], entry: str, within: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Most are plain: no element is there twice, and odd ones are seldom."""

    def some(parts: Sequence[str], most: int, start: str, end: str) -> st.SearchStrategy[str]:
        ordinary = [part for part in parts if plainly(frame.format(f"{start}{part}{end}").encode())]
        one_of_each = st.lists(st.sampled_from(ordinary), max_size=most, unique_by=_element)
        any_of_them = st.lists(st.sampled_from(parts), max_size=most, unique=True)
        return st.one_of(one_of_each, one_of_each, one_of_each, any_of_them).map("".join)

    start, end = f"<{entry}>", f"</{entry}>"
    entries = st.lists(some(within, 9, start, end).map(lambda text: f"{start}{text}{end}"), max_size=3).map("".join)
    whole = st.tuples(some(around, 5, "", ""), entries, some(around, 1, "", "")).map("\n".join)
    return whole.map(lambda text: frame.format(text).encode())


def _element(part: str) -> str:
    name = part.partition(">")[0].partition(" ")[0].rstrip("/")
    return part if name in {"<author", "<category", "<link"} else name


@given(documents(RSS, CHANNEL_PARTS, "item", ITEM_PARTS))
@settings(max_examples=300, deadline=None)
def test_rss_says_what_feedparser_says(body: bytes) -> None:
    same_or_nothing(body)


@given(documents(ATOM, FEED_PARTS, "entry", ENTRY_PARTS))
@settings(max_examples=300, deadline=None)
def test_atom_says_what_feedparser_says(body: bytes) -> None:
    same_or_nothing(body)


@pytest.mark.parametrize("frame", [(RSS, "item"), (ATOM, "entry")])
@pytest.mark.parametrize("part", sorted({*ITEM_PARTS, *ENTRY_PARTS}))
def test_each_part_says_what_feedparser_says(frame: tuple[str, str], part: str) -> None:
    document, entry = frame
    body = document.format(f"<title>Blog</title><{entry}>{part}</{entry}>")
    same_or_nothing(body.encode())


@pytest.mark.parametrize("name", ["rss_20.xml", "atom_10.xml"])
def test_our_own_documents_say_the_same(name: str) -> None:
    same_or_nothing(numbered_entities((FEEDS / name).read_bytes()))


WORDPRESS = RSS.format(
    "".join(CHANNEL_PARTS[:5])
    + "<item><title>Titel &amp;#8211; mehr</title><link>https://a.example/1/</link><comments>https://a.example/1/#c</comments>"
    "<dc:creator><![CDATA[Anna]]></dc:creator><pubDate>Sun, 01 Feb 2026 10:00:00 +0000</pubDate>"
    "<category><![CDATA[KI]]></category><guid isPermaLink='false'>https://a.example/?p=1</guid>"
    "<description><![CDATA[Kurz […]]]></description><content:encoded><![CDATA[<p>Lang</p>]]></content:encoded>"
    "<slash:comments>0</slash:comments></item>"
)
JEKYLL = ATOM.format(
    "".join(FEED_PARTS[:9])
    + '<entry><title type="html">Titel</title><link href="https://a.example/1" rel="alternate" type="text/html"/>'
    "<published>2026-02-01T10:00:00Z</published><updated>2026-02-01T10:00:00Z</updated><id>https://a.example/1</id>"
    '<content type="html" xml:base="https://a.example/1">&lt;p&gt;Text&lt;/p&gt;</content>'
    "<author><name>Anna</name></author><category term='ki'/><summary type='html'>Kurz</summary></entry>"
)


@pytest.mark.parametrize("document", [WORDPRESS, JEKYLL])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_what_blogs_are_made_with_is_plain(document: str, start: str) -> None:
    assert same_or_nothing(f"{start}{document}".encode())


@pytest.mark.parametrize(
    "body",
    [
        WORDPRESS.replace("UTF-8", "ISO-8859-1", 1).encode("latin-1", "replace"),
        WORDPRESS.replace("?>", '?><!DOCTYPE rss [<!ENTITY x "y">]>', 1).encode(),
        WORDPRESS.replace("</item>", "", 1).encode(),
        WORDPRESS.replace('version="2.0"', 'version="0.91"', 1).encode(),
        WORDPRESS.replace("Kurz", "Kurz \x01", 1).encode(),
        WORDPRESS.replace("<slash:comments>", "<slash:comments>&x;", 1).encode(),
        WORDPRESS.encode("utf-16"),
        b"<html><body>A page</body></html>",
        b"",
    ],
)
def test_anything_else_is_left_to_feedparser(body: bytes) -> None:
    assert plain_feed(body, None) is None


def test_a_charset_of_the_server_that_is_not_utf_8_is_left_to_feedparser() -> None:
    assert plain_feed(WORDPRESS.encode(), "iso-8859-1") is None
    assert plain_feed(WORDPRESS.encode(), "UTF-8") is not None
