from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogues import Catalogues
from pipeline.render.forms import Form, fitted, wanted
from pipeline.render.phrasing import SUBJECT_LIMIT, one_line, shortened, subject
from pipeline.render.words import day
from tests.fakes.articles import NOON, make_article

CATALOGUES = Catalogues([Path(__file__).parents[3] / "templates" / "locale"])


def the_subject(*titles: str, language: str = "de") -> str:
    return subject([make_article(title).content for title in titles], CATALOGUES.words(language), "Weekly")


def test_the_subject_is_the_lead_articles_title_and_how_many_others_there_are() -> None:
    assert the_subject("A") == "A"
    assert the_subject("A", "B") == "A und 1 weiterer"
    assert the_subject("A", "B", "C") == "A und 2 weitere"
    assert the_subject("A", "B", "C", language="en-GB") == "A and 2 others"


def test_a_long_title_is_cut_between_words_and_the_count_stays() -> None:
    got = the_subject("Wort " * 60, "B")
    assert got.endswith("Wort… und 1 weiterer")
    assert len(got) <= SUBJECT_LIMIT


@given(st.lists(st.text(max_size=300), min_size=1, max_size=4))
def test_no_subject_is_too_long_empty_or_on_two_lines(titles: list[str]) -> None:
    got = the_subject(*titles)
    assert 0 < len(got) <= SUBJECT_LIMIT
    assert got == one_line(got)


@given(st.text(max_size=300), st.integers(5, 200))
def test_shortened_text_is_within_its_limit_and_a_beginning(text: str, limit: int) -> None:
    got = shortened(text, limit)
    assert len(got) <= limit
    assert one_line(text).startswith(got.removesuffix("…"))


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("Anna", "de", "Guten Tag Anna,"),
        ("", "de-AT", "Guten Tag,"),
        ("Anna\r\n {x}", "en", "Hello Anna {x},"),
        ("  ", "fr", "Hello,"),
    ],
)
def test_a_greeting_has_the_name_if_there_is_one(name: str, language: str, expected: str) -> None:
    assert CATALOGUES.words(language).greeting(name) == expected


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("de", "Europe/Berlin", "1. März 2026"),
        ("en", "Pacific/Auckland", "March 2, 2026"),
        ("de-CH-1901", "UTC", "1. März 2026"),
        ("xx-nonsense", "UTC", "March 1, 2026"),
    ],
)
def test_dates_are_those_of_the_readers_language_and_zone(language: str, zone: str, expected: str) -> None:
    assert day(NOON, language, zone) == expected


def test_articles_are_shortened_from_the_last_and_never_dropped() -> None:
    weight = {Form.FULL: 50, Form.TEASER: 10, Form.HEADLINE: 3, Form.LINK: 1}

    def size(_: int, form: Form) -> int:
        return weight[form]

    linked = [True, True, True]
    full = wanted(Form.FULL, linked)
    assert full == (Form.FULL,) * 3
    assert wanted(Form.TEASER, linked, links_from=1) == (Form.TEASER, Form.LINK, Form.LINK)
    assert wanted(Form.TEASER, [True]) == (Form.FULL,)
    assert wanted(Form.HEADLINE, [True]) == (Form.HEADLINE,)
    assert fitted(full, linked, size, room=110) == (Form.FULL, Form.FULL, Form.TEASER)
    assert fitted(full, linked, size, room=21) == (Form.TEASER, Form.TEASER, Form.LINK)
    assert fitted(full, linked, size, room=0) == (Form.LINK,) * 3
    assert fitted(full, [True, False, True], size, room=0) == (Form.LINK, Form.FULL, Form.LINK)
