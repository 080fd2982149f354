from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from trafilatura import bare_extraction

from pipeline.collect.extract import Hints, PageReading, extract_article
from pipeline.collect.fetch import Response
from pipeline.collect.page_tree import NoArticle
from pipeline.domain.article import Author, Content, Picture
from tests.fakes.site_server import article

DATA = Path(__file__).parents[2] / "data" / "pages"
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
URL = "https://bote.example.org/artikel/strom"
TEXT = "Ein Absatz, der lang genug ist, damit er als Text einer Seite erkannt wird und nicht als Beiwerk gilt. " * 2


def page(html: str | bytes, url: str = URL, content_type: str = "text/html", charset: str | None = None) -> Response:
    body = html if isinstance(html, bytes) else html.encode()
    return Response(status=200, url=url, body=body, content_type=content_type, charset=charset)


def read(html: str | bytes, reading: PageReading | None = None, hints: Hints | None = None) -> Content:
    return extract_article(page(html), reading or PageReading(), NOW, hints)[0]


def sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


# ---- what a page means


def test_a_german_page_becomes_its_article() -> None:
    content, notes = extract_article(page(sample("strom.html")), PageReading(topics=("lokal",)), NOW)
    assert notes == ()
    assert replace(content, html="") == Content(
        title="Strom vom Dach lohnt sich wieder",
        html="",
        teaser="Die Preise für Solarmodule fallen, und die Stadtwerke ändern ihren Tarif: "
        "Was Mieter jetzt wissen müssen.",
        url=URL,
        language="de-DE",
        authors=(Author(name="Maria Köhler"),),
        topics=("Wirtschaft", "Energie", "Solar", "lokal"),
        picture=Picture(url="https://bote.example.org/bilder/dach-gross.jpg", width=1600, height=900),
        published=datetime(2025, 5, 28, 7, 30, tzinfo=UTC),
        updated=datetime(2025, 5, 29, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "kept",
    [
        "<h2>Was es kostet</h2>",
        '<a href="https://bote.example.org/tarife?jahr=2025#neu">Stadtwerke</a>',
        "<strong>neue Regel</strong>",
        "<em>ohne</em>",
        "<th>Leistung</th>",
        "<td>249 Euro</td>",
        "<ol><li>Die Steckdose prüfen lassen.</li>",
        '<a href="https://register.example.org/anmelden">anmelden</a>',
        "<blockquote><p>Es war noch nie so einfach",
        '<figure><img src="https://bote.example.org/bilder/dach.jpg" alt="Ein Dach mit Solarmodulen" width="8',
        "<figcaption>Neue Module auf dem Rathaus. Foto: Stadt</figcaption></figure>",
        "überschüssigen Strom vergüten.</p>",
    ],
)
def test_what_belongs_to_the_article_is_kept(kept: str) -> None:
    assert kept in read(sample("strom.html")).html


@pytest.mark.parametrize(
    "around",
    ["Startseite", "Cookies", "Kommentar", "Augenwischerei", "bezahlt gemacht", "Impressum", "Windrad", "<h1>"],
)
def test_what_is_around_the_article_is_not(around: str) -> None:
    assert around not in read(sample("strom.html")).html


def test_an_english_page_becomes_its_article() -> None:
    content = read(sample("river.html"))
    assert (content.title, content.language) == ("The river is back", "en")
    assert (content.authors, content.topics) == ((Author(name="Sam Reed"),), ("Water",))
    assert content.published == datetime(2025, 5, 30, 8, tzinfo=UTC)
    assert "<code>gauge-7</code>" in content.html
    assert "<pre><code>level = 1.2\nlimit = 3.4\n</code></pre>" in content.html
    assert "<ul><li>The council" in content.html
    assert "log in" not in content.html
    assert "rights reserved" not in content.html


# ---- dates


def _json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_no_date_is_invented_from_the_text() -> None:
    html = article("Ohne Datum", body="<p>Am 12.03.2019 war es anders. © 2024. Stand: 5. Mai 2023.</p>")
    guess = bare_extraction(html, with_metadata=True)
    assert guess is not None
    assert not isinstance(guess, dict)
    assert guess.date is not None, "the library does invent one, or this shows nothing"
    content, notes = extract_article(page(html), PageReading(), NOW)
    assert content.published is None
    assert notes == ("it names no publishing date; the time of its arrival serves as one.",)


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2025-05-01T10:00:00+02:00">',
        '<meta name="DC.date.issued" content="2025-05-01T08:00:00Z">',
        '<meta itemprop="datePublished" content="2025-05-01T08:00:00Z">',
        _json_ld('[{"@type": ["BlogPosting"], "datePublished": "2025-05-01T08:00Z"}]'),
        _json_ld('{"@type": "WebPage", "mainEntity": {"@type": "Article", "datePublished": "2025-05-01T08:00:00Z"}}'),
    ],
)
def test_the_date_that_a_page_states_is_read(head: str) -> None:
    assert read(article("Mit Datum", head)).published == datetime(2025, 5, 1, 8, tzinfo=UTC)


def test_a_time_without_a_zone_is_in_the_sources_own() -> None:
    html = article("Mit Datum", body='<time itemprop="datePublished" datetime="2025-05-01 10:00">gestern</time>')
    content = read(html, PageReading(timezone=ZoneInfo("Europe/Berlin")))
    assert content.published == datetime(2025, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["05/06/2024", "31.02.2025", "2035-01-01", "bald"])
def test_a_date_that_cannot_be_believed_is_dropped_and_noted(raw: str) -> None:
    html = article("Mit Datum", f'<meta property="article:published_time" content="{raw}">')
    content, notes = extract_article(page(html), PageReading(), NOW)
    assert content.published is None
    assert raw in notes[0]


def test_the_date_of_a_related_article_is_not_the_pages() -> None:
    html = article("Hier", body='<div>Dazu: <time datetime="2020-01-01">2020</time> <a href="/alt">Das Alte</a></div>')
    assert read(html).published is None


def test_a_date_of_the_sitemap_stands_in_for_one_that_the_page_lacks() -> None:
    hints = Hints(published="2025-05-30T10:00:00Z", language="fr", topics=("ki",), picture=Picture(url="https://b/x"))
    html = article("Hier").replace(' lang="de"', "")
    content = read(html, hints=hints)
    assert content.published == datetime(2025, 5, 30, 10, tzinfo=UTC)
    assert (content.language, content.topics, content.picture) == ("fr", ("ki",), Picture(url="https://b/x"))


# ---- addresses, titles, pictures


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("/artikel/strom-2", "https://bote.example.org/artikel/strom-2"),
        ("https://www.bote.example.org/artikel/strom", "https://www.bote.example.org/artikel/strom"),
        ("https://elsewhere.example/artikel/strom", URL),
        ("/", URL),
        ("javascript:alert(1)", URL),
    ],
)
def test_the_canonical_address_counts_where_it_is_on_the_same_site(canonical: str, url: str) -> None:
    assert read(article("Hier", f'<link rel="canonical" href="{canonical}">')).url == url


def test_relative_links_resolve_against_the_page_and_its_base() -> None:
    body = '<p>Und hier ist <a href="neu">ein Verweis</a>, der in einem Satz steht, wie es sich gehört.</p>'
    assert 'href="https://bote.example.org/artikel/neu"' in read(article("Hier", body=body)).html
    assert 'href="https://bote.example.org/b/neu"' in read(article("Hier", '<base href="/b/">', body)).html


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Das Bad öffnet | Der Bote", "Das Bad öffnet"),
        ("Das Bad öffnet", "Das Bad öffnet"),
        ("1 &lt; 2 &amp; mehr", "1 < 2 & mehr"),
    ],
)
def test_the_title_is_that_of_the_article(written: str, title: str) -> None:
    html = (
        f"<html><head><title>{written}</title><meta property='og:site_name' content='Der Bote'></head><body><p>{TEXT}"
    )
    assert read(f"{html}</p><p>{TEXT[5:]}</p></body></html>").title == title


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="/x.jpg" alt="X">',
        '<img src="/platzhalter.gif" data-src="/x.jpg" alt="X">',
        '<img data-srcset="/x.jpg 1x, /y.jpg 2x" alt="X">',
        '<img src="data:image/gif;base64,AAAA" alt="X" data-lazy-src="/x.jpg">',
        '<picture><source srcset="/x.webp"><img src="/x.jpg" alt="X"></picture>',
        '<noscript><img src="/x.jpg" alt="X"></noscript>',
    ],
)
def test_pictures_are_found_where_pages_hide_them(picture: str) -> None:
    html = read(article("Hier", body=f"<figure>{picture}</figure><p>{TEXT}</p>")).html
    assert html.count('<img src="https://bote.example.org/x.jpg" alt="X">') == 1


def test_a_page_behind_a_paywall_says_so() -> None:
    stated = '<script type="application/ld+json">{"@type": "Article", "isAccessibleForFree": false}</script>'
    _, notes = extract_article(page(article("Hier", stated)), PageReading(), NOW)
    assert any("paying" in note for note in notes)


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (article("Grüße „x“").encode(), "iso-8859-1"),
        (article("Grüße „x“").replace("utf-8", "windows-1252").encode("cp1252"), None),
        (article("Grüße „x“").replace('<meta charset="utf-8">', "").encode("cp1252"), "iso-8859-1"),
        (b"\xff\xfe" + article("Grüße „x“").encode("utf-16-le"), None),
    ],
)
def test_encodings_are_read_as_browsers_do(body: bytes, charset: str | None) -> None:
    content, _ = extract_article(page(body, charset=charset), PageReading(), NOW)
    assert content.title == "Grüße „x“"


# ---- what holds no article, or is hostile


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (page(sample("liste.html")), "list of links"),
        (page("<html><body><p>Hallo</p></body></html>"), "no article"),
        (page(""), "empty"),
        (page("<html></html>"), "no article"),
        (page(b"%PDF-1.7", content_type="application/pdf"), "application/pdf"),
        (page("<b>" * 200_000 + TEXT), "256 deep"),
        (page(b" " * 5_000_001), "longer than"),
        (page(bytes(range(256)) * 20), "no article"),
    ],
)
def test_a_page_without_an_article_is_named(response: Response, why: str) -> None:
    with pytest.raises(NoArticle, match=why):
        extract_article(response, PageReading(), NOW)


def _words(count: int) -> str:
    return "".join(f"<p>{number} {TEXT[number % 50 :]}</p>" for number in range(count))


@pytest.mark.parametrize(
    "hostile",
    [
        _words(20_000),
        "<p>" + "<span>x</span> " * 30_000 + "</p>" + _words(3),
        "<script type='application/ld+json'>" + '{"@type":"Article","author":"x' * 13_000 + "</script>" + _words(3),
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>" + _words(3),
        "<table>" + "<tr><td>1</td><td>zwei</td></tr>" * 4_000 + "</table>" + _words(3),
        "<p>" + "wort " * 400_000 + "</p>",
        "<h1>" + " - x" * 200_000 + "</h1>" + _words(3),
    ],
    ids=["paragraphs", "spans", "broken json", "deep json", "table", "long text", "long heading"],
)
def test_a_hostile_page_takes_bounded_time(hostile: str) -> None:
    started = time.monotonic()
    content = read(f"<html><head><title>T</title></head><body><article>{hostile}</article></body></html>")
    assert time.monotonic() - started < 8
    assert len(content.title) <= 400


def test_scripts_get_into_no_field() -> None:
    bad = "javascript:alert(1)"
    content = read(
        article(
            "<img src=x onerror=alert(1)>T",
            f'<meta property="og:image" content="{bad}"><meta name="author" content="&lt;script&gt;a&lt;/script&gt;">'
            f'<meta name="description" content="&lt;script&gt;alert(1)&lt;/script&gt; Eine Beschreibung, lang genug.">',
            f'<p onclick="alert(1)">{TEXT}<a href="{bad}">y</a></p><script>alert(2)</script>',
        )
    )
    assert "alert" not in content.html.replace("alert(1)&gt;", "")
    assert "javascript" not in repr(content)
    assert "<script" not in repr(content.teaser) + repr(content.authors)
    assert content.picture is None
