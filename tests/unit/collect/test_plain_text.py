"""Whole articles of the shape that docs/plain-text.md describes, each beside what must become of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from pipeline.collect.clean import clean_text
from pipeline.collect.sources.documents.assemble import Defaults
from pipeline.collect.sources.documents.decode import decode_document
from pipeline.collect.sources.documents.plain_text import parse_plain_text
from pipeline.collect.sources.documents.read import read_document
from pipeline.domain.article import Content

DATA = Path(__file__).parents[2] / "data" / "documents"
ARTICLES = sorted((DATA / "plain_text").glob("*.txt"))
# Articles as they really came, where they lie beside the project.
FOUND = sorted((Path(__file__).parents[4] / "shared" / "articles").glob("*.txt"))
DEFAULTS = Defaults(timezone=ZoneInfo("Europe/Berlin"))


def content_of(path: Path) -> Content:
    read = read_document(path.name, path.read_bytes(), None, DEFAULTS)
    assert read is not None
    return read[0]


def outline(markup: str) -> list[str]:
    """A line for each block: its element, how many points it has, its text (lines between slashes)."""
    lines = []
    for block in html.fragment_fromstring(markup, create_parent="div"):
        for line_break in block.iter("br"):
            line_break.tail = f" / {line_break.tail or ''}"
        points = block.findall("li")
        size = f" {len(points)}" if points else ""
        first = points[0] if points else block
        lines.append(f"{block.tag}{size} {clean_text(''.join(first.itertext()))}".strip())
    return lines


def matches(actual: list[str], expected: list[str]) -> bool:
    return len(actual) == len(expected) and all(
        have == want if want.startswith("h2") else have.startswith(want)
        for have, want in zip(actual, expected, strict=True)
    )


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_an_article_becomes_what_stands_beside_it(path: Path) -> None:
    expected: dict[str, Any] = tomllib.loads(path.with_suffix(".expected.toml").read_text("utf-8"))
    content = content_of(path)
    document = parse_plain_text(decode_document(path.read_bytes())[0])
    assert content.title == expected["title"]
    assert list(content.topics) == expected.get("topics", [])
    assert content.language == expected["language"]
    assert [author.name for author in content.authors] == expected.get("authors", [])
    assert content.published == expected.get("published")
    assert content.updated == expected.get("updated")
    assert (content.picture.alt if content.picture else "").startswith(expected.get("picture", ""))
    assert (content.picture is None) == ("picture" not in expected)
    assert content.teaser.startswith(expected["teaser"])
    assert list(document.dropped) == expected.get("dropped", [])
    assert matches(outline(content.html), expected["outline"]), outline(content.html)
    links = html.fragment_fromstring(content.html, create_parent="div").xpath(".//a/@href")
    assert links == expected.get("links", [])


def test_the_lead_is_the_teaser_and_stays_in_the_text() -> None:
    content = content_of(DATA / "plain_text" / "stadtwerke.txt")
    assert content.html.startswith(f"<p>{content.teaser}</p>")


def test_a_picture_description_is_kept_as_such_and_nowhere_else() -> None:
    content = content_of(DATA / "plain_text" / "stadtwerke.txt")
    assert content.picture is not None
    assert content.picture.url is None
    assert content.picture.alt.endswith("Aufbruchstimmung vermittelt.")
    assert content.picture.alt not in content.html
    assert content.picture.alt not in content.teaser


def test_the_articles_that_lie_beside_the_project_are_read_as_the_convention_says() -> None:
    for path in FOUND:
        content = content_of(path)
        assert content.title
        assert content.html.startswith("<p>")
        assert content.language in {"de", "en"}
        assert "Schreibe einen Kommentar" not in content.html


def test_the_real_specimen_where_it_lies_beside_the_project() -> None:
    for path in FOUND:
        if path.name == "000_430b2982aa154c41.txt":
            check_the_specimen(content_of(path))


def check_the_specimen(content: Content) -> None:
    blocks = outline(content.html)
    assert content.topics == ("Künstliche Intelligenz",)
    assert content.title == "Metas KI-Zukunft: Mark Zuckerberg verkündet Milliarden-Investition"
    assert content.picture is not None
    assert content.picture.alt.startswith("Mark Zuckerberg steht mit einem warmen Lächeln")
    assert content.teaser.startswith("Mark Zuckerberg setzt alles auf eine Karte")
    assert content.language == "de"
    assert [block.split()[0] for block in blocks].count("h2") == 7
    assert [block[:4] for block in blocks if block.startswith("ul")] == ["ul 3", "ul 3"]
    assert "Diskutieren Sie mit unserer Community" in content.html
    assert "Schreibe einen Kommentar" not in content.html
