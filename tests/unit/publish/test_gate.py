"""What readers could not use is not published: the last good document stays, and the run says so."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from pipeline.errors import PublishError
from pipeline.publish.feed import publish_feed
from pipeline.publish.format import Format
from pipeline.publish.formats import load_formats
from pipeline.publish.gate import check_atom, check_json_feed, check_page, check_rss
from pipeline.publish.gate.values import MAX_BYTES, Refusal, rfc_822, rfc_3339
from pipeline.publish.pages import page_environment
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.articles import make_article
from tests.fakes.commands import Project

FORMATS = {one.name: one for one in load_formats(page_environment(Path(__file__).parents[3] / "templates"))}
SITE = SiteSpec(title="Site", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

Change = Callable[[bytes], bytes]


class Wrong:
    """A format that goes wrong: its documents are changed on their way."""

    def __init__(self, format_: Format, change: Change) -> None:
        self._format = format_
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._format, name)

    def writer(self, head: Any) -> Any:
        return WrongWriter(self._format.writer(head), self._change)


@dataclass
class WrongWriter:
    right: Any
    change: Change

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)

    def finish(self, ending: Any, target: Any) -> None:
        whole = io.BytesIO()
        self.right.finish(ending, whole)
        target.write(self.change(whole.getvalue()))


def publish(directory: Path, format_: Format, title: str) -> Published:
    articles = [
        make_article(f"{title} {number}", public_id=f"tag:example.org,2026:{number}", authors=(), topics=("KI",))
        for number in (1, 2)
    ]
    feed = FeedSpec(name="alle", title="All", formats=(format_.name,))
    return publish_feed(SITE, feed, articles, directory, formats=[format_], epoch=EPOCH)


def without(name: str) -> Change:
    """Without the last element of that name."""
    element = re.compile(rf"<{name}\b[^>]*?(?:/>|>.*?</{name}>)".encode(), re.DOTALL)

    def change(document: bytes) -> bytes:
        last = list(element.finditer(document))[-1]
        return document[: last.start()] + document[last.end() :]

    return change


def instead(old: str, new: str) -> Change:
    """The last of these texts replaced."""

    def change(document: bytes) -> bytes:
        before, found, after = document.rpartition(old.encode())
        assert found, f"{old} is not in {document.decode()}"
        return before + new.encode() + after

    return change


def everywhere(old: str, new: str) -> Change:
    return lambda document: re.sub(old.encode(), new.encode(), document)


CASES: dict[str, tuple[str, Change, str]] = {
    "atom: cut off": ("atom", lambda document: document[:-20], "well-formed"),
    "atom: empty": ("atom", lambda _: b"", "empty"),
    "atom: a bare ampersand": ("atom", instead("Text 2", "Fish & chips"), "well-formed"),
    "atom: an unknown prefix": ("atom", instead("<id>", "<x:y/><id>"), "well-formed"),
    "atom: no feed": ("atom", everywhere("(</?)feed", r"\1food"), "the root is food"),
    "atom: no id of the feed": (
        "atom",
        lambda d: d.replace(b"<id>", b"<no>", 1).replace(b"</id>", b"</no>", 1),
        "the feed.* id",
    ),
    "atom: no id": ("atom", without("id"), "entry 2.* 0 elements id"),
    "atom: an empty id": ("atom", instead("<id>tag:example.org,2026:2</id>", "<id/>"), "entry 2.*no id"),
    "atom: an id twice": ("atom", instead("2026:2</id>", "2026:1</id>"), "tag:example.org,2026:1"),
    "atom: no title": ("atom", without("title"), "0 elements title"),
    "atom: two titles": ("atom", instead("<title>", "<title>x</title><title>"), "2 elements title"),
    "atom: no updated": ("atom", without("updated"), "0 elements updated"),
    "atom: no date": ("atom", everywhere(r"<updated>[^<]*", "<updated>yesterday"), "no date and time"),
    "atom: a year of 2 digits": ("atom", everywhere(r"<published>20", "<published>"), "no date and time"),
    "atom: no such day": (
        "atom",
        everywhere(r"<published>2026-\d\d-\d\d", "<published>2026-02-30"),
        "no date and time",
    ),
    "atom: published after its update": (
        "atom",
        everywhere(r"<published>2026", "<published>2027"),
        "after it was updated",
    ),
    "atom: no link to itself": ("atom", everywhere('rel="self"', 'rel="via"'), "rel=self"),
    "atom: a relative link": (
        "atom",
        everywhere('(<link [^>]*href=")https://example.org/', r"\1/"),
        "not an absolute web address",
    ),
    "atom: a link that runs": ("atom", everywhere('href="https://example.org/', 'href="javascript:'), "web address"),
    "atom: an address with a space": ("atom", instead("example.org/articles", "example.org/arti cles"), "web address"),
    "atom: no link to the page": ("atom", everywhere(r"<entry>(.*?)<link [^>]*>", r"<entry>\1"), "link to its page"),
    "atom: nothing said": ("atom", everywhere(r"<(summary|content)\b.*?</\1>", ""), "neither content nor summary"),
    "atom: nobody's": ("atom", everywhere(r"<author>.*?</author>", ""), "author"),
    "atom: a nameless author": ("atom", everywhere(r"<name>.*?</name>", ""), "an author has no name"),
    "atom: a topic without a term": ("atom", everywhere(r'term="KI"', 'term=""'), "category"),
    "atom: markup in a title": ("atom", instead("<title>Text 2", "<title><b>Text</b> 2"), "markup in its title"),
    "atom: an entry in an entry": ("atom", instead("<link ", "<entry><id>tag:x</id></entry><link "), "inside of"),
    "atom: an entry in something else": (
        "atom",
        lambda d: d.replace(b"<entry>", b"<x><entry>", 1).replace(b"</entry>", b"</entry></x>", 1),
        "inside of",
    ),
    "rss: cut off": ("rss", lambda document: document[:-20], "well-formed"),
    "rss: no version": ("rss", everywhere('version="2.0"', ""), "version"),
    "rss: no channel": ("rss", everywhere("(</?)channel", r"\1kanal"), "kanal stands where"),
    "rss: no description": (
        "rss",
        lambda d: re.sub(rb"<description>.*?</description>", b"", d, count=1),
        "the feed.* description",
    ),
    "rss: a guid twice": ("rss", instead("2026:2</guid>", "2026:1</guid>"), "tag:example.org,2026:1"),
    "rss: no guid": ("rss", without("guid"), "0 elements guid"),
    "rss: a guid that is no page": ("rss", everywhere('isPermaLink="false"', ""), "said to be its page"),
    "rss: a relative link": ("rss", instead("<link>https://example.org", "<link>"), "not an absolute web address"),
    "rss: no date": ("rss", without("pubDate"), "0 elements pubDate"),
    "rss: another weekday": ("rss", everywhere("<pubDate>..., ", "<pubDate>Xyz, "), "RFC 822"),
    "rss: nothing said": (
        "rss",
        everywhere(r"(?s)(<item>.*?)<title>.*?</title>(.*?)<description>.*?</description>", r"\1\2"),
        "neither title",
    ),
    "rss: an enclosure without a size": (
        "rss",
        instead("</item>", '<enclosure url="https://a.example/a" type="a/b"/></item>'),
        "length",
    ),
    "rss: two enclosures": (
        "rss",
        instead("</item>", '<enclosure url="https://a.example/a" type="a/b" length="1"/>' * 2 + "</item>"),
        "more than one enclosure",
    ),
    "rss: something behind the items": ("rss", instead("</channel>", "<ttl>5</ttl></channel>"), "ttl stands behind"),
    "json: cut off": ("json", lambda document: document[:-2], "JSON"),
    "json: not JSON": ("json", instead('"id":', '"id":,'), "JSON"),
    "json: no id": ("json", instead('"id":', '"no":'), "'id'"),
    "json: a number as id": ("json", everywhere(r'"id":"[^"]*"', '"id":7'), "no text"),
    "json: an id twice": ("json", everywhere(r"2026:2", "2026:1"), "that of another"),
    "json: another version": ("json", everywhere("version/1.1", "version/9"), "version"),
    "json: a relative address": ("json", instead('"url":"https://example.org', '"url":"'), "web address"),
    "json: nothing said": ("json", everywhere("content_html", "content_none"), "neither content_html"),
    "json: no date": ("json", everywhere(r'"date_published":"[^"]*"', '"date_published":"soon"'), "RFC 3339"),
    "html: cut off": ("html", lambda document: document[: len(document) // 2], "no end"),
    "html: no title": ("html", everywhere(r"<title>.*?</title>", "<title></title>"), "title is empty"),
    "html: no language": ("html", everywhere(r'<html lang="[^"]*"', "<html"), "language is empty"),
    "html: a place twice": ("html", instead("</body>", '<p id="a"></p><p id="a"></p></body>'), "the id a"),
    "html: a feed that is none": (
        "html",
        instead("</head>", '<link rel="alternate" href="javascript:x"></head>'),
        "a feed that it names",
    ),
}


@pytest.mark.parametrize(("name", "change", "what"), CASES.values(), ids=CASES)
def test_a_document_that_fails_is_not_published_and_the_last_good_one_stays(
    tmp_path: Path, name: str, change: Change, what: str
) -> None:
    right = FORMATS[name]
    path = tmp_path / "alle" / right.filename
    assert publish(tmp_path, right, "Text").problems == ()
    good = path.read_bytes()
    done = publish(tmp_path, Wrong(right, change), "Text")
    assert path.read_bytes() == good
    (problem,) = done.problems
    assert (problem.where, problem.mend) == (str(path), "The last good document stays.")
    assert re.search(what, problem.what, re.DOTALL)
    assert not list(tmp_path.rglob("*.tmp"))
    later = publish(tmp_path, right, "Other")
    assert (later.written, later.problems) == ((path,), ())


CHECKS: dict[str, Callable[[BinaryIO], None]] = {
    "atom": check_atom,
    "rss": check_rss,
    "json": check_json_feed,
    "html": check_page,
}


class Huge(io.BytesIO):
    """Says that it is longer than any reader takes."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return MAX_BYTES + 1 if whence else super().seek(offset)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_what_no_reader_takes_is_not_published(check: Callable[[BinaryIO], None]) -> None:
    with pytest.raises(PublishError, match="no reader takes"):
        check(Huge(b"x"))


def test_an_id_that_was_taken_over_need_not_be_a_uri(tmp_path: Path) -> None:
    article = make_article(adopted=(("atom", "5e1234"), ("rss", "Nummer 7"), ("json", "7")))
    feed = FeedSpec(name="alle", title="All")
    assert not publish_feed(SITE, feed, [article], tmp_path, formats=tuple(FORMATS.values()), epoch=EPOCH).problems


def test_tombstones_may_stand_among_the_entries() -> None:
    document = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">
    <id>tag:a</id><title>A</title><updated>2026-01-01T00:00:00Z</updated><author><name>A</name></author>
    <link rel="self" href="https://a.example/atom.xml"/>
    <entry><id>tag:b</id><title>B</title><updated>2026-01-01T00:00:00Z</updated><link href="https://a.example/b"/>
    <summary>b</summary></entry>
    <at:deleted-entry ref="tag:c" when="2026-01-01T00:00:00Z"><at:comment>gone</at:comment></at:deleted-entry>
    <entry><id>tag:d</id><title>D</title><updated>2026-01-01T00:00:00Z</updated><link href="https://a.example/d"/>
    <summary>d</summary><source><id>tag:s</id><title/></source></entry></feed>"""
    check_atom(io.BytesIO(document))


@pytest.mark.parametrize(
    "value", ["2026-01-01T00:00:00Z", "2026-12-31T23:59:59.123456+14:00", "1965-05-05T05:05:05-09:30"]
)
def test_times_of_atom(value: str) -> None:
    assert rfc_3339(value, "it").utcoffset() is not None


@pytest.mark.parametrize(
    "value", ["Sun, 01 Mar 2026 12:00:00 +0000", "Wed, 05 May 1965 05:05:05 GMT", "Sun, 01 Mar 2026 12:00:00 -0930"]
)
def test_times_of_rss(value: str) -> None:
    assert rfc_822(value, "it").utcoffset() is not None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Mon, 01 Mar 2026 12:00:00 +0000",
        "Sun, 1 Mar 2026 12:00:00 +0000",
        "Sun, 01 Mar 26 12:00:00 +0000",
        "Sun, 01 Mar 2026 24:00:00 +0000",
    ],
)
def test_what_is_no_time_of_rss(value: str | None) -> None:
    with pytest.raises(Refusal):
        rfc_822(value, "it")


def test_a_run_says_what_it_did_not_publish_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.make(tmp_path / "project", capsys)
    project.done("run")
    page = project.directory / "feeds" / "alle" / "index.html"
    good = page.read_bytes()
    (project.directory / "templates" / "web").mkdir(parents=True)
    (project.directory / "templates" / "web" / "feed.html.j2").write_text("<html><p>{{ title }}</p></html>")
    project.write_article("Noch einer")
    result = project("run", "--json")
    assert result.code == 1
    (problem,) = result.json["problems"]
    assert problem["where"] == str(page)
    assert "title" in problem["what"]
    assert page.read_bytes() == good
    assert "Noch einer" in (page.parent / "atom.xml").read_text(encoding="utf-8")
