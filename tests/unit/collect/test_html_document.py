from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.collect.sources.documents.assemble import Defaults
from pipeline.collect.sources.documents.read import read_document
from pipeline.domain.article import Author, Content, Picture

DATA = Path(__file__).parents[2] / "data" / "documents"
DEFAULTS = Defaults(timezone=ZoneInfo("Europe/Berlin"))


def read(text: str | bytes) -> Content:
    result = read_document("a.html", text if isinstance(text, bytes) else text.encode(), None, DEFAULTS)
    assert result is not None
    return result[0]


def test_a_whole_page_is_read() -> None:
    assert read((DATA / "html" / "page.html").read_bytes()) == Content(
        title="Wärme aus dem Fluss",
        html='<p>Die Stadtwerke bauen um. <a href="https://example.org/plan.pdf">Der Plan</a></p>\n'
        "<h2>Was kommt</h2>\n"
        '<p><img src="https://example.org/2026/pumpe.jpg" alt="Die Pumpe"> Mehr nicht.</p>',
        teaser="Warum eine Stadt ihren Fluss anzapft.",
        url="https://example.org/2026/fluss",
        language="de-AT",
        authors=(Author(name="Anna Beispiel"),),
        topics=("Energie", "Wärme", "Fluss"),
        picture=Picture(url="https://example.org/fluss.jpg", alt="Ein Fluss", width=1200, height=630),
        published=datetime(2026, 1, 31, 9, tzinfo=UTC),
        updated=datetime(2026, 2, 1, 9, tzinfo=UTC),
    )


def test_a_fragment_is_read() -> None:
    content = read("<h1>Ein Titel</h1><p>Ein Text, der lang genug ist, um als deutscher zu gelten.</p>")
    assert content.title == "Ein Titel"
    assert content.html == "<p>Ein Text, der lang genug ist, um als deutscher zu gelten.</p>"
    assert content.language == "de"


def test_text_without_elements_is_read() -> None:
    assert read("Just text, and nothing else.").html == "<p>Just text, and nothing else.</p>"


@pytest.mark.parametrize(
    ("head", "heading", "title"),
    [
        ("<title>Titel | Die Seite</title>", "<h1>Titel</h1>", "Titel"),
        ("<title>Titel</title>", "<h1>Etwas anderes</h1>", "Titel"),
        ("<title>Titel</title>", "", "Titel"),
        ("", "<h1>Titel</h1>", "Titel"),
        ('<title>x</title><meta property="og:title" content="Titel">', "<h1>x</h1>", "Titel"),
        ("<title> Titel &amp;\n  mehr </title>", "", "Titel & mehr"),
    ],
)
def test_the_title_comes_from_where_it_is_said_best(head: str, heading: str, title: str) -> None:
    assert read(f"<html><head>{head}</head><body>{heading}<p>Text.</p></body></html>").title == title


def test_a_heading_that_is_not_the_title_stays() -> None:
    assert "Etwas anderes" in read("<title>Titel</title><h1>Etwas anderes</h1><p>Text.</p>").html


def test_the_article_is_taken_out_of_its_page() -> None:
    around = "<body><header>Kopf</header><nav>Menü</nav><main>{}</main><footer>Fuß</footer></body>"
    page = around.format("<article><p>Text.</p></article>")
    assert read(f"<title>T</title>{page}").html == "<p>Text.</p>"


def test_of_several_articles_none_is_preferred() -> None:
    html = read("<title>T</title><article><p>Eins</p></article><article><p>Zwei</p></article>").html
    assert "Eins" in html
    assert "Zwei" in html


def test_the_base_element_tells_what_links_mean() -> None:
    html = read('<base href="https://example.org/a/"><title>T</title><p><a href="b">x</a></p>').html
    assert html == '<p><a href="https://example.org/a/b">x</a></p>'


@pytest.mark.parametrize("charset", ["iso-8859-15", "windows-1251", "utf-8"])
def test_the_charset_of_the_page_counts(charset: str) -> None:
    letter = "я" if charset == "windows-1251" else "€"
    page = f'<meta charset="{charset}"><title>T {letter}</title><p>Text.</p>'
    assert read(page.encode(charset)).title == f"T {letter}"


def test_front_matter_above_html_counts() -> None:
    assert read("---\ntitle: Vorn\n---\n<h1>Hinten</h1><p>Text.</p>").title == "Vorn"


def test_scripts_comments_and_declarations_are_gone() -> None:
    page = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<title>T</title><p onclick=a()>A&x;<!-- c --><script>s()</script><style>p{}</style></p>"
    )
    html = read(page).html
    assert "<p>A" in html
    assert not any(word in html for word in ("root:", "onclick", "script", "<!--", "p{}"))
