"""What is too much, or spelled so that readers would differ about it, is bounded on its way in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.collect.addresses import is_public
from pipeline.collect.sources.documents.decode import decode_document
from pipeline.collect.sources.feed_hazards import refuse_hazards
from pipeline.domain.article import Author, Content, Enclosure
from pipeline.domain.identity import aliases, believable, public_id
from pipeline.domain.markup import content_direction
from pipeline.errors import InvalidSource
from pipeline.publish.feed_article import feed_article
from tests.fakes.articles import make_article

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_article_keeps_no_more_of_anything_than_articles_have() -> None:
    content = Content(
        title="T" * 5_000_000,
        html="",
        topics=tuple(f"{n} {'t' * 500}" for n in range(5000)),
        authors=tuple(Author(name=str(n)) for n in range(5000)),
        enclosures=tuple(Enclosure(url=f"https://a.example/{n}", media_type="audio/mpeg") for n in range(5000)),
    )
    kept, notes = believable(content, NOW)
    assert (len(kept.title), kept.title[-1]) == (1000, "…")
    assert (len(kept.topics), max(map(len, kept.topics))) == (100, 200)
    assert (len(kept.authors), len(kept.enclosures)) == (100, 100)
    assert len(notes) == 1


def test_an_entry_with_thousands_of_categories_is_refused_before_it_is_parsed() -> None:
    entry = b"<item>" + b"<category>c</category>" * 400 + b"</item>"
    refuse_hazards(b"<rss><channel>" + entry * 20 + b"</channel></rss>", "feed")
    with pytest.raises(InvalidSource, match="500 categories"):
        refuse_hazards(b"<rss><channel><item>" + b"<category>c</category>" * 501 + b"</item></channel></rss>", "feed")


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("https://a.example/1", True),
        ("tag:a.example,2026:1", True),
        ("http://A.example/1", False),
        ("HTTP://a.example/1", False),
        ("a b%20c.md", False),
        ("https://a.example/?p=%C3%BC", True),
        ("https://a.example/%c3%bc", False),
        ("https://a.example/%7Eme", False),
        ("https://a.example", False),
        ("https://a.example:443/1", False),
        ("https://a.example/a/../1", False),
        ("https://a.example/1#2#3", False),
        ("tag:a.example,2026:%2f", False),
    ],
)
def test_only_an_id_that_every_reader_compares_alike_is_kept(key: str, kept: bool) -> None:  # noqa: FBT001
    name = public_id("news.example.org", "artikel", key, Content(title="", html=""), NOW)
    assert (name == key) is kept
    assert kept or (name.startswith("tag:news.example.org,2026-03-01:artikel/") and "%25" not in name)


def test_a_long_address_is_recognised_by_its_digest() -> None:
    url = "https://a.example/" + "x" * 9000
    assert all(len(value) < 700 for _, value in aliases("s", url, Content(title="t", html="", url=url)))


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [
        (None, "مرحبا بالعالم", "rtl"),
        (None, "שלום", "rtl"),
        (None, "Hallo", "ltr"),
        ("ar", "abc", "rtl"),
        ("de", "שלום", "ltr"),
    ],
)
def test_an_article_without_a_language_runs_as_its_letters_do(language: str | None, title: str, direction: str) -> None:
    assert content_direction(Content(title=title, html="", language=language)) == direction


def test_mail_addresses_in_authors_names_are_not_published() -> None:
    article = make_article(authors=(Author(name="Jörg Groß <joerg@a.example> & Co."),))
    assert [author.name for author in feed_article(article, "https://f.example").authors] == ["Jörg Groß & Co."]


def test_one_bad_byte_does_not_spoil_a_text() -> None:
    text, notes = decode_document("Größe, „Übung“ und Maß".encode() + b"\xff")
    assert text == "Größe, „Übung“ und Maß"
    assert "left out" in notes[0]
    text, notes = decode_document("Größe".encode("cp1252"))
    assert text == "Größe"
    assert "Windows-1252" in notes[0]


@pytest.mark.parametrize("address", ["168.63.129.16", "100.100.100.200", "fd00:ec2::254", "169.254.169.254"])
def test_metadata_services_are_never_public(address: str) -> None:
    assert not is_public(address)


def test_relative_links_start_at_the_public_address_of_the_directory(tmp_path: Path) -> None:
    from pipeline.collect.source import SourceState
    from pipeline.collect.sources.directory import DirectorySource

    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("# T\n\n![Foto](bild.png) [mehr](b.md)", encoding="utf-8")
    source = DirectorySource("d", tmp_path, timezone=UTC, base_url="https://a.example/docs", language="de")
    (seen,) = source.collect(SourceState(), lambda _key: None, NOW).sightings
    assert seen.content is not None
    assert 'src="https://a.example/docs/sub/bild.png"' in seen.content.html
    assert 'href="https://a.example/docs/sub/b.md"' in seen.content.html
