"""The lists of feeds that readers export."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.opml import FeedList, InvalidOpml, read_opml
from pipeline.collect.same_address import url_key

DATA = Path(__file__).parents[2] / "data" / "opml"


def read(body: str | bytes, **known: str) -> FeedList:
    data = body if isinstance(body, bytes) else f'<opml version="2.0"><body>{body}</body></opml>'.encode()
    return read_opml(data, where="feeds.opml", known={url_key(url): name for name, url in known.items()})


def outline(url: str, title: str = "T", rest: str = "") -> str:
    return f'<outline type="rss" text="{title}" xmlUrl="{url}" {rest}/>'


def test_what_a_reader_exports_is_read_whole() -> None:
    listed = read_opml((DATA / "reader.opml").read_bytes(), where="reader.opml")
    assert [(feed.title, feed.url, feed.topics) for feed in listed.feeds] == [
        (
            "Kleine Modelle & große Würfe",
            "https://modelle.example.org/feed/?format=rss&lang=de",
            ("Technik", "Künstliche Intelligenz", "Nachrichten"),
        ),
        ("Müßiggang", "https://muessig.example.org/atom.xml", ("Technik", "Künstliche Intelligenz")),
        ("Twice & escaped", "https://twice.example.org/feed?a=1&copy=2", ("Technik",)),
        ("", "http://untitled.example.org/rss.xml", ("Nachrichten",)),
        ("Wetter", "https://wetter.example.org/feed.json", ("Boston", "Weather", "sun", "technik")),
    ]
    assert listed.feeds[0].home == "https://modelle.example.org/"
    assert [(one.feed.line, one.of) for one in listed.duplicates] == [(18, listed.feeds[0].url)]
    assert [problem.where for problem in listed.problems] == [f"reader.opml:{line}" for line in (19, 20, 21, 22)]
    assert "geheim" not in str(listed.problems)


def test_an_old_list_in_capitals_and_latin_1_is_read() -> None:
    listed = read_opml((DATA / "old.opml").read_bytes(), where="old.opml")
    assert [(feed.title, feed.home, feed.topics) for feed in listed.feeds] == [
        ("Südstadt", None, ("Zeitungen",)),
        ("Café Wien", "http://cafe.example.org/", ("Zeitungen",)),
    ]
    assert listed.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1"])
def test_an_encoding_that_is_declared_wrongly_is_found_out(encoding: str, declared: str) -> None:
    if encoding == "utf-16":
        declared = declared and "utf-16"
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f"{head}<opml><body>{outline('https://a.example.org/f', 'Größe')}</body></opml>"
    assert [feed.title for feed in read(text.encode(encoding)).feeds] == ["Größe"]


def test_a_feed_that_is_configured_already_is_left_out_whatever_its_spelling() -> None:
    listed = read(
        outline("http://www.a.example.org/feed") + outline("https://b.example.org/feed"),
        blog="https://a.example.org/feed/?utm_source=x",
    )
    assert [feed.url for feed in listed.feeds] == ["https://b.example.org/feed"]
    assert [one.of for one in listed.duplicates] == ["blog"]


def test_addresses_that_differ_in_what_matters_are_two_feeds() -> None:
    urls = ["https://a.example.org/?feed=rss2", "https://a.example.org/?feed=atom", "https://a.example.org:8443/"]
    assert [feed.url for feed in read("".join(map(outline, urls))).feeds] == urls


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("feed://a.example.org/f", "http://a.example.org/f"),
        ("feed:https://a.example.org/f", "https://a.example.org/f"),
        ("FEED:http://a.example.org/f", "http://a.example.org/f"),
        (" https://a.example.org/f ", "https://a.example.org/f"),
        ("https://müller.example.org/f", "https://xn--mller-kva.example.org/f"),
        ("https://a.example.org/ä b", "https://a.example.org/%C3%A4%20b"),
    ],
)
def test_an_address_is_understood_as_it_was_meant(written: str, url: str) -> None:
    assert [feed.url for feed in read(outline(written)).feeds] == [url]


@pytest.mark.parametrize(
    "written", ["", "nowhere", "javascript:alert(1)", "file:///etc/passwd", "https://", "http://[x"]
)
def test_what_is_no_address_is_named_with_its_line(written: str) -> None:
    listed = read("\n\n" + outline(written) + outline("https://a.example.org/f"))
    assert [problem.where for problem in listed.problems] == ["feeds.opml:3"]
    assert len(listed.feeds) == 1


def test_a_secret_in_a_broken_address_is_not_shown() -> None:
    (problem,) = read(outline("ftp://me:secret@a.example.org/")).problems
    assert "secret" not in str(problem)


def test_an_outline_with_feeds_below_it_is_both_a_feed_and_no_folder() -> None:
    inner = outline("https://b.example.org/f")
    listed = read(f'<outline text="A" xmlUrl="https://a.example.org/f">{inner}</outline>')
    assert [(feed.url, feed.topics) for feed in listed.feeds] == [
        ("https://a.example.org/f", ()),
        ("https://b.example.org/f", ()),
    ]


def test_what_is_not_well_formed_is_read_as_far_as_it_can_be_and_said() -> None:
    listed = read(outline("https://a.example.org/f?a=1&b=2", "Fisch & Fleisch") + outline("https://b.example.org/f"))
    assert [feed.url for feed in listed.feeds][-1] == "https://b.example.org/f"
    assert [problem.code for problem in listed.problems] == ["opml-malformed"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"no markup", "no OPML"),
        (b"<html><body/></html>", "looks like html"),
        (b"<rss><channel/></rss>", "sources discover"),
        (b"{}", "no OPML"),
        (b"\x00\x01\x02", "no OPML"),
        (b'<!DOCTYPE opml SYSTEM "http://x/opml.dtd"><opml/>', "DTD"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml><body><outline text="&a;"/></body></opml>', "DTD"),
        ('<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml/>'.encode("utf-16"), "DTD"),
        (b" " * 20_000_001, "longer than"),
    ],
)
def test_what_is_no_opml_or_could_hold_anything_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(InvalidOpml, match=told):
        read(body)


def test_lists_nested_without_an_end_cost_little() -> None:
    deep = '<outline text="x">' * 50_000
    began = time.monotonic()
    listed = read(deep.encode().join([b"<opml><body>", b""]))
    assert listed.feeds == ()
    assert time.monotonic() - began < 2


def test_400_feeds_are_read_quickly() -> None:
    folders = "".join(
        f'<outline text="F{folder}">'
        + "".join(outline(f"https://h{folder}-{number}.example.org/feed", f"Feed {number}") for number in range(20))
        + "</outline>"
        for folder in range(20)
    )
    began = time.monotonic()
    listed = read(folders)
    assert len(listed.feeds) == 400
    assert listed.feeds[399].topics == ("F19",)
    assert time.monotonic() - began < 1


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for data in (noise, b'<opml><body><outline xmlUrl="' + noise, b"<opml><body>" + noise + b"</body></opml>"):
        with suppress(InvalidOpml):
            read(data)
