from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render.plain import WIDTH, Footnotes, columns, plain_text, underlined, wrapped

DATA = Path(__file__).parents[2] / "data" / "render"


def text(html: str) -> str:
    return plain_text(html, Footnotes())


def test_everything_an_article_may_hold_reads_well_in_a_terminal() -> None:
    notes = Footnotes()
    got = plain_text((DATA / "everything.html").read_text(encoding="utf-8"), notes)
    assert f"{got}\n\n{notes.lines()}\n" == (DATA / "everything.txt").read_text(encoding="utf-8")


def test_a_link_is_a_footnote_and_the_same_link_the_same_one() -> None:
    notes = Footnotes(first=3)
    html = '<p><a href="https://a.example/">One</a>, <a href="https://b.example/">two</a>, <a href="https://a.example/">again</a>.</p>'
    assert plain_text(html, notes) == "One [3], two [4], again [3]."
    assert notes.lines() == "[3] https://a.example/\n[4] https://b.example/"


@pytest.mark.parametrize("shown", ["https://a.example/b", "a.example/b", "https://a.example/b/"])
def test_a_link_that_shows_its_address_needs_no_footnote(shown: str) -> None:
    notes = Footnotes()
    assert plain_text(f'<p>See <a href="https://a.example/b">{shown}</a></p>', notes) == "See https://a.example/b"
    assert notes.urls == []


def test_a_footnotes_mark_stays_with_its_word_and_a_url_stays_whole() -> None:
    url = "https://a.example/" + "x" * 100
    notes = Footnotes()
    lines = plain_text(f'<p>{"word " * 13}<a href="{url}">linked</a> {url}</p>', notes).split("\n")
    assert "linked [1]" in lines
    assert url in lines
    assert notes.lines() == f"[1] {url}"


def test_umlauts_quotes_and_no_break_spaces_stay_as_they_are() -> None:
    assert text("<p>„Größe“ &amp; 10\xa0000 – ja</p>") == "„Größe“ & 10\xa0000 – ja"


def test_chinese_text_fits_although_its_characters_are_wide() -> None:
    assert max(map(columns, text(f"<p>{'人工智慧改變世界' * 30}</p>").split("\n"))) <= WIDTH


def test_an_underline_is_as_wide_as_its_heading() -> None:
    assert underlined("人工", "=") == "人工\n===="


def test_text_between_blocks_is_a_paragraph_of_its_own() -> None:
    assert text("one<p>two</p>three<div>four<br>five</div>") == "one\n\ntwo\n\nthree\n\nfour\nfive"


def test_nothing_makes_nothing() -> None:
    assert text("") == text("<p> </p>") == text("<ul></ul>") == ""


@given(st.lists(st.text(st.sampled_from("abcdeäöü "), max_size=200)))
def test_no_line_is_wider_than_it_may_be_and_no_letter_is_lost(paragraphs: list[str]) -> None:
    got = text("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))
    assert all(len(line) <= WIDTH for line in got.split("\n"))
    assert "".join(got.split()) == "".join("".join(paragraphs).split())


@given(st.text(max_size=300), st.integers(20, 80))
def test_wrapping_any_text_ends(words: str, width: int) -> None:
    wrapped(words, width, first="- ", rest="  ")
