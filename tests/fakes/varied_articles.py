"""Two hundred articles, no two alike: scripts, titles, texts, media, dates, people, addresses.  All of it is invented.

They come as the items of a JSON Feed, since that can say what no well-formed XML can: control characters, half of a
surrogate pair.  The same ones each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.varied_texts import BODIES, PLAIN, PNG, SCRIPTS, TITLES

COUNT = 200
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOME = "https://magazin.example.org"
Item = dict[str, Any]

_SOUND = {
    "url": "https://media.example.org/folge.mp3",
    "mime_type": "audio/mpeg",
    "size_in_bytes": 12_345_678,
    "duration_in_seconds": 1834,
}
_FILM = {"url": "https://media.example.org/film.mp4", "mime_type": "video/mp4", "size_in_bytes": 987_654_321}
_MEDIA: tuple[Item, ...] = (
    {"attachments": [_SOUND]},
    {"attachments": [_FILM]},
    {"attachments": [_SOUND, _FILM]},
    {"attachments": [{**_SOUND, "title": "Folge 1 & mehr"}]},
    {"attachments": [{"url": _SOUND["url"] + "?a=1&b=2", "mime_type": "audio/mpeg"}]},
    {"attachments": [{"url": "/ton/eins.ogg", "mime_type": "audio/ogg", "size_in_bytes": 5}]},
    {"attachments": [{"url": "https://media.example.org/größe ü.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 7}]},
    {"attachments": [{"url": "https://media.example.org/x", "mime_type": ""}]},
    {"attachments": [{"url": "javascript:x", "mime_type": "audio/mpeg"}]},
    {"attachments": [{**_SOUND, "size_in_bytes": 0}]},
    {"attachments": [{**_SOUND, "size_in_bytes": -1}]},
    {
        "attachments": [
            {"url": "https://media.example.org/heft.pdf", "mime_type": "application/pdf", "size_in_bytes": 1024}
        ]
    },
    {"attachments": [dict(_SOUND, url=f"https://media.example.org/teil-{part}.mp3") for part in range(12)]},
    {"image": "https://bilder.example.org/titel.jpg"},
    {"image": "/bilder/titel.jpg"},
    {"image": PNG},
    {"banner_image": "https://bilder.example.org/breit ü.jpg"},
    {"image": "https://bilder.example.org/t.jpg", "attachments": [_SOUND]},
)

_DATES: tuple[Item, ...] = (
    {"date_published": None},
    {"date_published": ""},
    {"date_published": "2999-01-01T00:00:00Z"},
    {"date_published": "1965-05-05T05:05:05Z"},
    {"date_published": "1899-12-31T23:59:59Z"},
    {"date_published": "1970-01-01T00:00:00Z"},
    {"date_published": "2016-12-31T23:59:60Z"},
    {"date_published": "2025-07-01T00:30:00+14:00"},
    {"date_published": "2025-07-01T12:00:00.123456-09:30"},
    {"date_published": "2026-02-30T10:00:00Z"},
    {"date_published": "yesterday"},
    {"date_published": "2025-03-30T02:30:00+01:00", "date_modified": "2025-03-30T02:30:00+02:00"},
    {"date_modified": "2020-01-01T00:00:00Z"},
    {"date_modified": "2026-03-01T11:59:59Z"},
    {"date_published": "20250101"},
    {"date_published": "0000-00-00T00:00:00Z"},
)

_PEOPLE: tuple[Item, ...] = (
    {"authors": []},
    {"authors": [{"name": "Ada Beispiel"}]},
    {"authors": [{"name": "Ada Beispiel", "url": "https://ada.example.org/"}]},
    {"authors": [{"name": f"Autorin {number}"} for number in range(1, 15)]},
    {"authors": [{"name": "A & B <c>"}]},
    {"authors": [{"name": "ada@example.org"}]},
    {"authors": [{"name": "ada@example.org (Ada)"}]},
    {"authors": [{"name": " "}]},
    {"authors": [{"url": "https://ada.example.org/"}]},
    {"authors": [{"name": "李小龙"}, {"name": "محمد"}]},
    {"authors": [{"name": "Ada", "url": "javascript:x"}]},
    {"author": {"name": "In Version Eins"}},
    {"authors": [{"name": "Ada, Ben and Chiara"}]},
    {"authors": [{"name": "N" * 700}]},
)

_ADDRESSES: tuple[Item, ...] = (
    {"url": f"{HOME}/größe/überblick?q=schön#änderung"},
    {"url": f"{HOME}/a b/c%20d"},
    {"url": "https://bücher.example/straße"},
    {"url": f"{HOME}/100%/50%25"},
    {"url": f"{HOME}/a[1]|b{{2}}^`"},
    {"url": f"{HOME}/?a=1&b=2;c='3'"},
    {"url": "/relativ/eins.html"},
    {"url": None},
    {"url": "javascript:alert(1)"},
    {"url": f"{HOME}/" + "sehr-lang-" * 60},
    {"url": f"{HOME}/(klammern)/a,b;c"},
    {"id": "https://magazin.example.org/ids/größe"},
    {"id": "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"},
    {"id": "tag:magazin.example.org,2026:x y"},
    {"id": "12345"},
    {"id": 'mit & < > " Zeichen'},
    {"id": "HTTP://MAGAZIN.example.org/Gross"},
)

_TOPICS: tuple[Item, ...] = (
    {"tags": []},
    {"tags": ["Recht & Politik", "C++", "a/b?c#d", "<b>"]},
    {"tags": ["Ünïcödé", "日本", "عربي"]},
    {"tags": ["KI", "ki", "  KI "]},
    {"tags": [f"Thema {number}" for number in range(40)]},
    {"tags": ["", " "]},
    {"tags": ["T" * 300]},
    {"tags": ["a, b; c", '"x"', "it's"]},
    {"tags": ["Control\x01\x0b"]},
    {"tags": ["🚲"]},
)

_SUMMARIES: tuple[Item, ...] = (
    {"summary": "A summary with & and < and >."},
    {"summary": "<p>A <b>summary</b> in markup &amp; more</p>"},
    {"summary": "S" * 3000},
    {"summary": "ملخص قصير"},
    {"summary": "Only a summary", "content_html": ""},
    {"content_html": None, "content_text": "Plain < text & more\n\nSecond paragraph"},
    {"content_html": None, "content_text": ""},
)

_LANGUAGES: tuple[Item, ...] = (
    {"language": "de-CH-1996"},
    {"language": "xx-invalid-"},
    {"language": ""},
    {"language": "EN_us"},
    {"language": "ar"},
)

_MIXED: tuple[Item, ...] = (
    {"title": "", "content_html": "", "attachments": [_SOUND]},
    {"title": "", "content_html": "", "summary": "Neither title nor text"},
    {"language": "ar", "title": "An English title", "content_html": f"<p>{SCRIPTS[0][2]} And English.</p>"},
    {
        "language": "he",
        "title": "& <" * 100,
        "tags": ["ספר & <b>"],
        "authors": [{"name": "דנה"}],
        "attachments": [_SOUND],
    },
    {"title": "Nothing but a title", "content_html": None},
)


def varied_items() -> list[Item]:
    """The items, newest first as far as they have a date that can be believed."""
    items = [_finished(number, item) for number, item in enumerate(_items(), start=1)]
    assert len(items) == COUNT
    return items


def varied_feed() -> bytes:
    """A JSON Feed of all of them."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Das Magazin & mehr",
        "home_page_url": f"{HOME}/",
        "language": "en",
        "items": varied_items(),
    }
    # In ASCII: a lone surrogate can be written in JSON, but not in UTF-8.
    return json.dumps(feed, ensure_ascii=True).encode()


def _finished(number: int, item: Item) -> Item:
    """With what every article has that says nothing else; None takes it away."""
    usual: Item = {
        "id": f"tag:magazin.example.org,2026:{number}",
        "url": f"{HOME}/artikel/{number}",
        "title": f"Article {number}",
        "content_html": PLAIN.replace("Thursdays", f"day {number}"),
        "date_published": (NOON - timedelta(hours=number)).isoformat(),
        "language": "en",
    }
    return {name: value for name, value in (usual | item).items() if value is not None}


def _items() -> Iterator[Item]:
    for language, title, sentence in SCRIPTS:
        yield {
            "language": language,
            "title": title,
            "content_html": f"<p>{sentence}</p><p><strong>{sentence}</strong></p>",
            "summary": sentence,
            "tags": [title],
            "authors": [{"name": title}],
        }
    for title in TITLES:
        yield {"title": title}
    for body in BODIES:
        yield {"content_html": body}
    for group in (_MEDIA, _DATES, _PEOPLE, _ADDRESSES, _TOPICS, _SUMMARIES, _LANGUAGES, _MIXED):
        yield from group
