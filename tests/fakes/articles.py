"""Articles of every kind that a feed must bear, made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from pipeline.domain.article import Article, ArticleId, Author, Content, Enclosure, Picture

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_ids = count(1)

ENGLISH = (
    '<p>One paragraph with <em>emphasis</em>, a <a href="https://example.org/a?b=1&amp;c=2">link</a> &amp; more.</p>'
)
GERMAN = "<h2>Ein Blick zurück</h2><p>„Größe“ ist nicht alles – <strong>Übung</strong> schon.</p><ul><li>eins</li></ul>"
ARABIC = "<p>الذكاء الاصطناعي يغيّر العالم، <em>ببطء</em>.</p>"
HEBREW = "<p>בינה מלאכותית משנה את העולם (לאט).</p>"
JAPANESE = "<p>人工知能が世界を変える。</p>"


def make_article(title: str = "An article", html: str = ENGLISH, **changes: Any) -> Article:
    """An article with whatever differs from a plain one: fields of `Article` and of its `Content`."""
    number = next(_ids)
    fields = {name: changes.pop(name) for name in tuple(changes) if name in Article.__dataclass_fields__}
    values: dict[str, Any] = {
        "url": f"https://example.org/articles/{number}",
        "teaser": "What it is about.",
        "language": "en",
        "published": NOON - timedelta(minutes=number),
    }
    content = Content(**(values | {"title": title, "html": html} | changes))
    defaults: dict[str, Any] = {
        "id": ArticleId(number),
        "public_id": f"tag:example.org,2026:{number}",
        "revision": 1,
        "first_seen": NOON,
        "changed": NOON,
        "sources": ("articles",),
    }
    return Article(**(defaults | {"content": content} | fields))


def numbered_articles(number: int, size: int = 5_000) -> Iterator[Article]:
    """Plain articles, newest first, of about ``size`` bytes; the same ones each time."""
    body = "<p>" + "Some words that fill an article, with ümlauts &amp; “quotes”. " * (size // 64) + "</p>"
    like = make_article("", body, topics=("ki", "Robotik"), authors=(Author(name="A. Writer"),))
    for place in range(number, 0, -1):
        content = Content(
            title=f"Article {place}",
            html=body,
            teaser=like.content.teaser,
            url=f"https://example.org/numbered/{place}",
            language="en",
            authors=like.content.authors,
            topics=like.content.topics,
            published=NOON - timedelta(days=1) + timedelta(seconds=place),
        )
        yield Article(
            id=ArticleId(place),
            public_id=f"tag:example.org,2026:numbered-{place}",
            revision=1,
            content=content,
            first_seen=NOON,
            changed=NOON,
        )


def varied_articles() -> list[Article]:
    """One of everything: scripts and directions, odd titles and addresses, media, gaps.  Newest first."""
    articles = [*_texts(), *_titles(), *_gaps(), *_media(), *_addresses(), *_bodies()]
    return [
        replace(
            article,
            id=ArticleId(place),
            public_id=f"tag:example.org,2026:varied-{place}" if article.public_id[:4] == "tag:" else article.public_id,
            content=replace(
                article.content,
                published=article.content.published and NOON - timedelta(minutes=place),
                url=article.content.url and article.content.url.replace(f"/articles/{article.id}", f"/varied/{place}"),
            ),
        )
        for place, article in enumerate(articles, start=1)
    ]


def _texts() -> Iterator[Article]:
    for language, title, html, teaser, topic in (
        ("en", "A plain article", ENGLISH, "An English teaser.", "Artificial intelligence"),
        ("de", "Ein Artikel über Größe", GERMAN, "„Größe“ ist nicht alles.", "Künstliche Intelligenz"),
        ("ar", "الذكاء الاصطناعي", ARABIC, "يغيّر العالم", "ذكاء"),
        ("he", "בינה מלאכותית (AI)", HEBREW, "משנה את העולם", "בינה"),
        ("ja", "人工知能", JAPANESE, "世界を変える", "人工知能"),
        ("zh-Hant-TW", "人工智慧", "<p>人工智慧改變世界。</p>", "", "智慧"),
        ("ru", "Искусственный интеллект", "<p>Меняет мир.</p>", "Меняет мир.", "ИИ"),
        ("hi", "कृत्रिम बुद्धिमत्ता", "<p>दुनिया बदल रही है।</p>", "दुनिया", "बुद्धि"),
        ("fa", "هوش مصنوعی", "<p>جهان را تغییر می‌دهد.</p>", "", "هوش"),
        ("uz-Arab", "صون\u200cعی عقل", "<p>دونیانی اوزگرتیره‌دی.</p>", "", ""),
        ("tr", "İstanbul'da yapay zekâ", "<p>Iğdır'da da.</p>", "İıŞş", "yapay zekâ"),
        (None, "No language is known", ENGLISH, "A teaser.", ""),
    ):
        yield make_article(title, html, language=language, teaser=teaser, topics=(topic,) if topic else ())


def _titles() -> Iterator[Article]:
    for title in (
        "Ampersands & more & more",
        "Is 1 < 2 > 0?",
        "Escaped twice? &amp;amp; &lt;b&gt;",
        "<script>alert(1)</script>",
        "Emoji 🚀👩‍💻 and flags 🇩🇪",
        "Control\x0b characters\x01\x08 here\x7f\x85\ufffe",
        "A lone surrogate \ud83d there",
        "Right \u202eto left\u202c override",
        "مختلط mixed עברית & more",
        "  Much \n\t white   space  ",
        "“Quotes” ‘and’ \"straight\" 'ones'",
        "]]> ends a section",
        "Long " + "title " * 49,
        "X" * 300,
        "{{ braces }} {% and %} {# more #}",
        "50 % off\N{EM DASH}really?",
    ):
        yield make_article(title, f"<p>{len(title)} characters are in the title.</p>")


def _gaps() -> Iterator[Article]:
    yield make_article("", GERMAN, language="de", teaser="Ein Anfang ohne Titel & doch einer.")
    yield make_article("", ENGLISH, teaser="")
    yield make_article("", "", teaser="", url=None)
    yield make_article("No html", "", teaser="Only a teaser.")
    yield make_article("Nothing but a title", "", teaser="")
    yield make_article("No date", published=None)
    yield make_article("No page of its own", url=None)
    yield make_article("Kein Text im Netz", GERMAN, url=None, language="de", topics=("KI", "Bücher & Co"))
    yield make_article("Old", published=datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC))
    yield make_article("Edited", revision=3, changed=NOON + timedelta(hours=2), updated=NOON + timedelta(hours=1))
    yield make_article("To the microsecond", updated=NOON.replace(microsecond=123456))
    yield make_article("Teaser with < and &", teaser="If a < b & b < c then <b>a < c</b>")


def _media() -> Iterator[Article]:
    photo = "https://example.org/photo.jpg"
    yield make_article("Described picture", picture=Picture(url=None, alt="A man smiles & waves <at us>."))
    yield make_article("Picture", picture=Picture(url=photo, alt='A "photo"', width=1200, height=800))
    yield make_article("Shown", f'<p><img src="{photo}" alt=""></p>', picture=Picture(url=photo))
    sound = Enclosure(
        url="https://example.org/a.mp3", media_type="audio/mpeg", length=12345, title="Part 1", duration=60
    )
    film = Enclosure(url="https://example.org/b ü.mp4", media_type="video/mp4")
    yield make_article("Podcast", enclosures=(sound,))
    yield make_article("Two media", enclosures=(sound, film))
    yield make_article("Size unknown", enclosures=(film,))
    yield make_article("Discussed", comments_url="https://example.org/discussion#comments")
    yield make_article(
        "Authors", authors=(Author(name="Ann & Bob", url="https://example.org/ann"), Author(name="Çağla"))
    )
    yield make_article("E-mail", authors=(Author(name="Carl", email="carl@example.org"),))
    yield make_article("Nameless", authors=(Author(name=" "),))
    yield make_article("Many topics", topics=("KI", "Recht & Politik", "C++", "a/b?c#d", "Ünïcödé"))


def _addresses() -> Iterator[Article]:
    yield make_article("Umlauts", url="https://example.org/articles/größe/überblick?q=schön#änderung")
    yield make_article("Spaces", url="https://example.org/articles/a b/c%20d")
    yield make_article("IDN", url="https://bücher.example/articles/straße")
    yield make_article("Percent", url="https://example.org/articles/100%/50%25")
    yield make_article("Brackets", url="https://example.org/articles/a[1]|b{2}^`")
    yield make_article("Query", url="https://example.org/articles/?a=1&b=2;c='3'")
    yield make_article("A guid that is its link", url="https://example.org/same", public_id="https://example.org/same")
    yield make_article("An id with umlauts", public_id="https://example.org/ids/größe")
    yield make_article("A urn", public_id="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a")


def _bodies() -> Iterator[Article]:
    table = "<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1 &lt; 2</td></tr></tbody></table>"
    math = "<math><mrow><mi>a</mi><mo>+</mo><msup><mi>b</mi><mn>2</mn></msup></mrow></math>"
    yield make_article("Table", table)
    yield make_article("Code", "<pre><code>if a &lt; b &amp;&amp; c: print('\t]]&gt;')\n</code></pre>")
    yield make_article("Mathematics", f"<p>{math}</p>")
    yield make_article("Emoji in text", "<p>🚀 👩‍💻 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 &#128640;</p>")
    yield make_article("Control characters in text", "<p>a\x0bb\x01c\r\nd\x1fe\ufffff</p>")
    yield make_article("Large", "<p>" + "Words &amp; words. " * 6_000 + "</p>")
