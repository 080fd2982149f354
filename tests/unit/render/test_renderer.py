from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.article import Article, Author, Enclosure, Picture
from pipeline.domain.message import Message
from pipeline.errors import RenderError
from pipeline.render import Brand, Look, Renderer, VariantFacts
from tests.fakes.articles import GERMAN, make_article, varied_articles

TEMPLATES = Path(__file__).parents[3] / "templates"
SLOT = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)


def a_look(**changes: Any) -> Look:
    values: dict[str, Any] = {
        "name": "wochenblick",
        "title": "KI-Wochenblick",
        "from_": "Redaktion <redaktion@news.example.org>",
        "site_title": "Beispiel-Nachrichten",
        "site_url": "https://news.example.org/",
        "language": "de",
        "timezone": "Europe/Berlin",
        "feed_url": "https://news.example.org/feeds/alle/atom.xml",
    }
    return Look(**(values | changes))


def facts(articles: Sequence[Article], **changes: Any) -> VariantFacts:
    values: dict[str, Any] = {"cadence": "weekly", "slot": SLOT}
    return VariantFacts(articles=[(article, article.content.url or "") for article in articles], **(values | changes))


def titled(number: int, **changes: Any) -> list[Article]:
    return [make_article(f"Article {place}", **changes) for place in range(1, number + 1)]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer([TEMPLATES])


def visible(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<body")[2]).split())


def test_the_only_article_of_an_issue_is_carried_whole(renderer: Renderer) -> None:
    article = make_article("Ein Titel", GERMAN, language="de", topics=("KI",), authors=(Author(name="J. Weiß"),))
    message = renderer.render(a_look(), facts([article]))
    assert message.subject == "Ein Titel"
    assert "„Größe“ ist nicht alles" in message.html
    assert "„Größe“ ist nicht alles – Übung schon." in message.text
    assert re.search(r"<h1 [^>]*><a [^>]*>Ein Titel</a></h1>", message.html)
    assert re.search(r"<h2 [^>]*>Ein Blick zurück</h2>", message.html)
    assert "Von J. Weiß" in message.text
    assert message.fields == {"greeting", "unsubscribe_url"}


def test_several_articles_are_teasers_with_links_to_read_on(renderer: Renderer) -> None:
    articles = titled(3, html="<p>Only inside.</p>", picture=Picture(url="https://example.org/p.jpg", alt="A pier"))
    message = renderer.render(a_look(), facts(articles))
    assert message.subject == "Article 1 und 2 weitere"
    assert "Only inside." not in message.html
    assert message.html.count('alt="A pier"') == 3
    assert message.html.count("Weiterlesen") == 3
    for article in articles:
        assert f'href="{article.content.url}"' in message.html
        assert f"Weiterlesen:\n{article.content.url}\n" in message.text
    assert [int(level) for level in re.findall(r"<h([1-6])", message.html)] == [1, 2, 2, 2]


def test_a_reader_learns_why_and_how_to_leave_on_lines_of_their_own(renderer: Renderer) -> None:
    message = renderer.render(a_look(brand=Brand(postal_address="Musterweg 1\n10115 Berlin")), facts(titled(2)))
    assert "weil Sie „KI-Wochenblick“ abonniert haben. Der Newsletter kommt wöchentlich." in visible(message.html)
    assert 'href="__SUBST_unsubscribe_url__"' in message.html
    assert "\nAbmelden:\n__SUBST_unsubscribe_url__\n" in message.text
    assert "\nMusterweg 1, 10115 Berlin" in message.text
    assert 'href="https://news.example.org/feeds/alle/atom.xml"' in message.html


def test_english_readers_get_english_words_and_dates(renderer: Renderer) -> None:
    message = renderer.render(a_look(language="en"), facts(titled(2)))
    assert message.subject == "Article 1 and 1 more"
    assert "January 7, 2026" in visible(message.html)
    assert "Unsubscribe" in message.html
    assert "Abmelden" not in message.html + message.text


@pytest.mark.parametrize("template", ["digest", "brief"])
def test_a_date_is_not_broken_into_lines(renderer: Renderer, template: str) -> None:
    articles = titled(2, published=datetime(2026, 1, 5, 6, 0, tzinfo=UTC))
    message = renderer.render(a_look(template=template), facts(articles))
    html = unescape(message.html)
    assert html.count("5.\u00a0Januar\u00a02026") == 2
    assert "7.\u00a0Januar\u00a02026" in html
    assert "5. Januar 2026" in message.text
    assert "7. Januar 2026" in message.text


def test_an_article_in_another_direction_says_so_itself(renderer: Renderer) -> None:
    message = renderer.render(a_look(), facts([make_article("ذكاء", language="ar"), make_article("B")]))
    assert '<html lang="de" dir="ltr">' in message.html
    assert 'lang="ar" dir="rtl"' in message.html
    assert '<span lang="de" dir="ltr">' in message.html


def test_the_same_input_gives_the_same_bytes_also_in_another_renderer() -> None:
    articles = varied_articles()[:12]
    first, second = (Renderer([TEMPLATES]).render(a_look(), facts(articles)) for _ in range(2))
    assert first == second


def test_rendering_opens_no_connection(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    evil = '<p>x</p><style>@import url("http://127.0.0.1:9/x.css")</style><link rel="stylesheet" href="http://127.0.0.1:9/">'
    assert "127.0.0.1" not in renderer.render(a_look(), facts([make_article("A", evil)])).html


def test_styles_are_in_the_elements_and_the_block_for_media_queries_stays(renderer: Renderer) -> None:
    html = renderer.render(a_look(), facts(titled(2))).html
    assert "prefers-color-scheme: dark" in html
    assert "[data-ogsc]" in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "!important" not in html.partition("</head>")[2]
    blocks = re.findall(r"<style>(.*?)</style>", html.replace("<!--[if mso]>", ""), re.DOTALL)
    assert max(map(len, blocks)) < 8192, "Gmail drops longer ones"
    for link in re.findall(r"<a [^>]*>", html):
        assert "style=" in link or "<img" in html.partition(link)[2][:5]


@pytest.mark.parametrize("file", ["style.css", "article.html.j2"])
def test_a_style_sheet_that_imports_another_is_refused_before_it_is_fetched(tmp_path: Path, file: str) -> None:
    sheet = '@import url("http://127.0.0.1:9/x.css");'
    (tmp_path / "email").mkdir()
    source = sheet if file == "style.css" else f"<style>{sheet}</style>"
    (tmp_path / "email" / file).write_text(source, encoding="utf-8")
    with pytest.raises(RenderError, match="import"):
        Renderer([tmp_path, TEMPLATES]).render(a_look(), facts(titled(1)))


def test_every_layout_table_is_a_presentation_and_every_picture_has_alt_and_width(renderer: Renderer) -> None:
    pictured = make_article("P", '<p><img src="https://example.org/a.jpg"></p>', picture=None)
    articles = titled(3, picture=Picture(url="https://example.org/p.jpg", width=1200, height=800))
    for chosen in ([pictured], articles):
        html = renderer.render(a_look(), facts(chosen)).html
        assert all('role="presentation"' in tag for tag in re.findall(r"<table[^>]*>", html))
        pictures = re.findall(r"<img[^>]*>", html)
        assert pictures
        assert all(re.search(r' width="\d+"', tag) and " alt=" in tag for tag in pictures)


def test_a_merge_field_written_into_an_article_is_only_text(renderer: Renderer) -> None:
    field = "__SUBST_unsubscribe_url__"
    hostile = make_article(
        f"T {field}",
        f'<p>{field} <a href="https://evil.example/?u={field}">x</a> __SUBST_<b>secret</b>__</p>',
        teaser=field,
        topics=(field,),
        authors=(Author(name=field),),
        picture=Picture(url=f"https://evil.example/{field}.png", alt=field),
        enclosures=(Enclosure(url=f"https://evil.example/{field}", media_type="a/b", title=field),),
        url=f"https://evil.example/{field}",
    )
    plain = make_article("T", "<p>x</p>")
    for number in (1, 3):
        expected = renderer.render(a_look(), facts([plain] * number))
        message = renderer.render(a_look(), facts([hostile] * number))
        assert message.fields == expected.fields
        assert message.merge_subject.fields == frozenset()
        assert len(message.merge_html.parts) == len(expected.merge_html.parts)
        assert len(message.merge_text.parts) == len(expected.merge_text.parts)


def test_markup_and_slots_in_titles_are_only_text(renderer: Renderer) -> None:
    articles = titled(2)
    title = "<script>alert(1)</script> & __SLOT_articles__ {{ look }}"
    articles[0] = make_article(title, teaser=title)
    html = renderer.render(a_look(), facts(articles)).html
    assert "<script" not in html
    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; __SLOT_articles__ {{ look }} und" in html


def test_an_issue_that_would_be_clipped_is_carried_shorter_and_whole_in_number(renderer: Renderer) -> None:
    large = "<p>" + "Words &amp; words. " * 6_000 + "</p>"
    single = renderer.render(a_look(), facts([make_article("Large", large)]))
    assert len(single.html.encode()) < 85_000
    assert "Weiterlesen" in single.html
    articles = titled(90, teaser="Teaser. " * 60)
    many = renderer.render(a_look(), facts(articles))
    assert len(many.html.encode()) < 85_000
    assert "Weitere Artikel" in many.html
    for article in articles:
        assert f">{article.content.title}</a>" in many.html
        assert f"{article.content.url}\n" in many.text


def test_an_issue_too_long_even_as_links_is_refused(renderer: Renderer) -> None:
    articles = [make_article("Long title " * 100) for _ in range(100)]
    with pytest.raises(RenderError, match="shortest form"):
        renderer.render(a_look(), facts(articles))


def test_an_article_without_a_page_is_carried_whole_beside_others(renderer: Renderer) -> None:
    articles = [*titled(2), make_article("Here only", "<p>All of it.</p>", url=None)]
    message = renderer.render(a_look(), facts(articles))
    assert "All of it." in message.html
    assert "All of it." in message.text
    assert 'href=""' not in message.html


def test_articles_of_every_kind_are_rendered_with_lines_that_fit(renderer: Renderer) -> None:
    for article in varied_articles():
        message = renderer.render(a_look(), facts([article]))
        assert message.subject
        assert "\n" not in message.subject
        code = "<pre>" in article.content.html
        for line in message.text.split("\n"):
            assert len(line) <= 72 or "://" in line or code, line


def test_list_headers_let_clients_and_providers_know_the_newsletter(renderer: Renderer) -> None:
    look = a_look(title="Blick über Köln", unsubscribe_address="leave@news.example.org")
    headers = dict(renderer.render(look, facts(titled(1), cadence="immediate")).headers)
    assert headers["List-Id"] == "=?utf-8?b?QmxpY2sgw7xiZXIgS8O2bG4=?= <wochenblick.news.example.org>"
    assert headers["List-Unsubscribe"] == (
        "<__SUBST_unsubscribe_url__>, <mailto:leave@news.example.org?subject=unsubscribe:__SUBST_unsubscribe_url__>"
    )
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"20260107T0600:immediate:wochenblick:[0-9a-f]{12}", headers["Feedback-ID"])
    assert "List-Archive" not in headers
    assert all(value.isascii() for value in headers.values())


def test_the_message_id_is_of_the_senders_domain(renderer: Renderer) -> None:
    look = a_look(from_="Redaktion <r@bücher.example>")
    assert renderer.render(look, facts(titled(1))).message_id_domain == "xn--bcher-kva.example"


def test_an_own_file_stands_before_ours_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "style.css").write_text(".headline { color: {{ brand.accent }}; }", encoding="utf-8")
    look = a_look(brand=Brand(accent="#123456"))
    html = Renderer([tmp_path, TEMPLATES]).render(look, facts(titled(1))).html
    assert 'class="headline headline-1" style="color:#123456"' in html


@pytest.mark.parametrize(
    ("name", "source", "line", "what"),
    [
        ("article.html.j2", "<p>x</p>\n{{ article.titel }}", 2, "titel"),
        ("article.html.j2", "<p>\n\n{% if %}</p>", 3, "mistake"),
        (
            "digest.html.j2",
            '{% extends "base.html.j2" %}\n{% block content %}\n{{ nothing }}{% endblock %}',
            3,
            "nothing",
        ),
        ("digest.txt.j2", "{{ 1 // 0 }}", 1, "ZeroDivisionError"),
        ("style.css", ".a { color: red }\n.b { color: {{ colour }} }", 2, "colour"),
    ],
)
def test_a_template_that_fails_is_named_with_its_line(
    tmp_path: Path, name: str, source: str, line: int, what: str
) -> None:
    file = tmp_path / "email" / name
    file.parent.mkdir()
    file.write_text(source, encoding="utf-8")
    with pytest.raises(RenderError, match=what) as caught:
        Renderer([tmp_path, TEMPLATES]).render(a_look(), facts(titled(1)))
    assert caught.value.where == f"{file}:{line}"


def test_a_template_that_is_not_there_is_named(renderer: Renderer) -> None:
    with pytest.raises(RenderError, match=r"brochure\.html\.j2") as caught:
        renderer.render(a_look(template="brochure"), facts(titled(1)))
    assert caught.value.mend == "Add the file, or take one of brief, digest, full, instant."


def test_an_issue_without_articles_is_refused(renderer: Renderer) -> None:
    with pytest.raises(RenderError, match="without articles"):
        renderer.render(a_look(), facts([]))


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@settings(max_examples=25, deadline=None)
@given(titles=st.lists(_text, min_size=1, max_size=4), teaser=_text, name=_text)
def test_any_text_makes_a_message_that_carries_each_article(
    renderer: Renderer, titles: list[str], teaser: str, name: str
) -> None:
    articles = [
        make_article(title, "<p>x</p>", teaser=teaser, authors=(Author(name=name),) if name.strip() else ())
        for title in titles
    ]
    message: Message = renderer.render(replace(a_look(), title=name or "x"), facts(articles))
    assert message.fields == {"greeting", "unsubscribe_url"}
    for article in articles:
        assert f'href="{article.content.url}"' in message.html
