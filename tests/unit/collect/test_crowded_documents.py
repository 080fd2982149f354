"""Documents that are built to be slow are refused by name before a parser has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.collect.clean import clean_html
from pipeline.collect.crowding import MOST_ATTRIBUTES, is_crowded
from pipeline.collect.fetch import Response
from pipeline.collect.page_links import page_links
from pipeline.collect.page_tree import NoArticle, page_tree
from pipeline.collect.source import SourceState
from pipeline.collect.sources.directory import DirectorySource

MANY = 100_000
ATTRIBUTES = "<p " + " ".join(f'a{number}="1"' for number in range(MANY)) + ">Ein Text.</p>"
BARE = "<p " + " ".join(f"a{number}" for number in range(MANY)) + ">Ein Text.</p>"
SLOW = {
    "columns.md": ("|".join("a" * MANY) + "\n" + "|".join("-" * MANY) + "\n", "marks of Markdown"),
    "rows.md": ("a|b\n-|-\n" + "a|b\n" * MANY, "lines of Markdown"),
    "items.md": ("- a\n" * MANY, "lines of Markdown"),
    "emphasis.md": ("*_" * MANY + "a" + "_*" * MANY, "marks of Markdown"),
    "brackets.md": ("[" * 2 * MANY + "a" + "]" * MANY, "marks of Markdown"),
    "pictures.md": ("![" * MANY + "a" + "](b)" * MANY, "marks of Markdown"),
    "long.md": ("wort " * 2 * MANY + "wort", "characters of Markdown"),
    "attributes.html": (ATTRIBUTES, "more than 1,000 attributes"),
    "bare-attributes.html": (BARE, "more than 1,000 attributes"),
    "hidden-attributes.html": (f"<!-- <a b=\" -->{ATTRIBUTES}<p title='\">'>", "1,000 attributes"),
    "tags.html": ("<b>x</b>" * MANY, "100,000 tags"),
    "deep.html": ("<div>" * 50_000 + "x", "256 deep"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_document_built_to_be_slow_costs_only_itself(tmp_path: Path, name: str) -> None:
    text, why = SLOW[name]
    (tmp_path / name).write_text(f"<h1>T</h1>{text}" if name.endswith("html") else f"# T\n\n{text}", encoding="utf-8")
    (tmp_path / "good.md").write_text("# Gut\n\nEin Text.\n", encoding="utf-8")
    source = DirectorySource("docs", tmp_path, timezone=UTC)
    collection = source.collect(SourceState(), lambda _key: None, datetime(2025, 6, 1, tzinfo=UTC))
    assert [sighting.key for sighting in collection.sightings] == ["good.md"]
    (problem,) = collection.problems
    assert problem.where == str(tmp_path / name)
    assert why in problem.what
    assert problem.mend
    assert collection.failed == {name}, "it counts as present"


def test_nesting_that_the_parser_bounds_is_read(tmp_path: Path) -> None:
    (tmp_path / "quotes.md").write_text("# T\n\n" + ">" * 20_000 + "a", encoding="utf-8")
    (tmp_path / "lists.md").write_text("# T\n\n" + "- " * 20_000 + "a", encoding="utf-8")
    source = DirectorySource("docs", tmp_path, timezone=UTC)
    collection = source.collect(SourceState(), lambda _key: None, datetime(2025, 6, 1, tzinfo=UTC))
    assert len(collection.sightings) == 2
    assert collection.problems == ()


def test_a_page_with_a_crowded_element_is_no_article() -> None:
    with pytest.raises(NoArticle, match="more than 1,000 attributes"):
        page_tree(ATTRIBUTES.encode(), "https://blog.example.org/")
    page = Response(status=200, url="https://blog.example.org/", body=ATTRIBUTES.encode(), content_type="text/html")
    assert page_links(page).feeds == ()


def test_of_crowded_html_in_a_feed_the_text_stays() -> None:
    assert clean_html(ATTRIBUTES, None) == "<p>Ein Text.</p>"


def test_as_many_attributes_as_any_page_has_are_no_crowd() -> None:
    page = "<p " + " ".join(f'a{number}="{"1" * 50}"' for number in range(MOST_ATTRIBUTES)) + ">x</p>"
    assert not is_crowded(page)
    assert not is_crowded("")
    assert not is_crowded('<p title="' + "wort " * 100_000 + '">x</p>')
