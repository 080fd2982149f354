from __future__ import annotations

import pytest

from pipeline.domain.article import Content, Picture
from pipeline.domain.markup import article_html, text_direction

PHOTO = "https://example.org/photo.jpg"


def html(body: str, picture: Picture | None) -> str:
    return article_html(Content(title="T", html=body, picture=picture))


def test_a_picture_stands_on_top_with_its_description_and_size() -> None:
    picture = Picture(url=PHOTO + "?a=1&b=2", alt='A "view" & more', width=30, height=20)
    assert html("<p>Text</p>", picture) == (
        '<figure><img src="https://example.org/photo.jpg?a=1&amp;b=2" alt="A &quot;view&quot; &amp; more"'
        ' width="30" height="20"></figure>\n<p>Text</p>'
    )


def test_a_picture_that_is_only_described_is_a_caption() -> None:
    assert html("<p>Text</p>", Picture(url=None, alt="Someone  <smiles>\n")) == (
        "<figure><figcaption>Someone &lt;smiles&gt;</figcaption></figure>\n<p>Text</p>"
    )


@pytest.mark.parametrize("picture", [None, Picture(url=None), Picture(url="javascript:x"), Picture(url=None, alt=" ")])
def test_without_a_picture_that_can_be_shown_the_html_stays(picture: Picture | None) -> None:
    assert html("<p>Text</p>", picture) == "<p>Text</p>"


def test_a_picture_is_all_there_is_of_an_article_without_text() -> None:
    assert html("", Picture(url=PHOTO)) == f'<figure><img src="{PHOTO}" alt=""></figure>'


@pytest.mark.parametrize(
    "body",
    [
        f'<p><img src="{PHOTO}" alt="x"></p>',
        '<img src="http://example.org/photo.jpg">',
        '<img src="https://example.org/photo-1024x683.jpg">',
    ],
    ids=["same", "other scheme", "other size"],
)
def test_a_picture_that_the_html_shows_is_not_shown_twice(body: str) -> None:
    assert html(body, Picture(url=PHOTO)) == body


def test_a_picture_with_an_ampersand_in_its_address_is_found() -> None:
    body = '<img src="https://example.org/p?id=1&amp;w=2">'
    assert html(body, Picture(url="https://example.org/p?id=1&w=2")) == body


@pytest.mark.parametrize(
    "body",
    [f'<a href="{PHOTO}">big</a>', f"<p>{PHOTO}</p>", '<img src="https://example.org/photo.jpg?id=2">'],
    ids=["linked", "named", "another"],
)
def test_a_picture_that_is_only_mentioned_is_shown(body: str) -> None:
    assert html(body, Picture(url=PHOTO)).startswith("<figure>")


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("FA", "rtl"),
        ("de", "ltr"),
        ("ar-Latn", "ltr"),
        ("uz-Arab", "rtl"),
        ("az-Arab-IR", "rtl"),
        ("zh-Hant-TW", "ltr"),
        ("pt_BR", "ltr"),
        (None, "auto"),
        ("", "auto"),
    ],
)
def test_text_runs_as_its_script_does(language: str | None, direction: str) -> None:
    assert text_direction(language) == direction
