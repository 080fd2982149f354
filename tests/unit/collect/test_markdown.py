from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.sources.documents.assemble import Defaults
from pipeline.collect.sources.documents.document import InvalidDocument
from pipeline.collect.sources.documents.read import read_document
from pipeline.domain.article import Content

DATA = Path(__file__).parents[2] / "data" / "documents"
DEFAULTS = Defaults(timezone=ZoneInfo("Europe/Berlin"))


def read(text: str) -> Content:
    result = read_document("a.md", text.encode(), None, DEFAULTS)
    assert result is not None
    return result[0]


def test_a_whole_article_is_read() -> None:
    result = read_document("a.md", (DATA / "markdown" / "article.md").read_bytes(), None, DEFAULTS)
    assert result is not None
    content, notes = result
    assert notes == ()
    assert content.title == "Two rivers & one town"
    assert content.language == "en"
    assert content.topics == ("Travel", "Water")
    assert content.teaser == "Where the Alva meets the Brook, a town has learned to live with water."
    assert content.html == (DATA / "markdown" / "article.expected.html").read_text("utf-8").strip()


def test_the_first_heading_is_the_title_and_leaves_the_text() -> None:
    content = read("# The *first* `heading` & more\n\nText.\n\n# Another")
    assert content.title == "The first heading & more"
    assert content.html == "<p>Text.</p>\n<h1>Another</h1>"


def test_a_title_with_markup_as_text_is_text() -> None:
    assert read("# Was &lt;b&gt; und `<script>` sind\n\nText.").title == "Was <b> und <script> sind"


def test_an_underlined_heading_is_a_title_too() -> None:
    assert read("The title\n=========\n\nText.").title == "The title"


def test_a_given_title_leaves_another_heading_in_the_text() -> None:
    assert read("---\ntitle: Given\n---\n# Other\n\nText.").html == "<h1>Other</h1>\n<p>Text.</p>"
    assert read("---\ntitle: Given\n---\n# given\n\nText.").html == "<p>Text.</p>"


def test_a_text_without_a_title_is_called_after_its_first_sentence() -> None:
    content = read("Just a thought that came up. And then some more that nobody needs to read in a title at all.")
    assert content.title == "Just a thought that came up."


def test_lines_that_separate_text_are_no_front_matter() -> None:
    assert "between the lines" in read("---\n\nbetween the lines\n\n---\n\nText.").html


def test_tables_and_deletions_are_read() -> None:
    html = read("# T\n\n| a | b |\n|---|--:|\n| ~~1~~ | 2 |").html
    assert "<th>a</th>" in html
    assert "<s>1</s>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "<iframe src='https://example.org'></iframe>",
        '<p style="position:fixed">x</p>',
    ],
)
def test_what_runs_or_hides_is_gone(text: str) -> None:
    html = read(f"# T\n\nText.\n\n{text}").html
    assert not any(word in html for word in ("<script", "href", "onerror", "iframe", "style"))


def test_a_long_document_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="limit"):
        read("a " * 600_000)
