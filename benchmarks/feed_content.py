"""Feeds as they are in the wild: RSS of WordPress and of others, Atom, JSON Feed; German and English; short and long.

Chance decides, always in the same way: feed number N is the same in each run.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

_DE = (  # noqa: SIM905
    "die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an nach "
    "wie im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen welche sind oder zur "
    "um haben einer Wahlkampf Verwaltung Sprachmodell Rechenzentrum Energieverbrauch Stadtrat Haushalt Förderung "
    "Ausschuss Forschung Untersuchung Veröffentlichung Datenschutz Bahnhof Radweg Schule Universität Entwicklung "
    "Software Quelltext Werkzeug größer über möglich schließlich außerdem erklärte beschlossen gestern heute "
    "Woche Jahr Millionen Prozent neue alte"
).split()
_EN = (  # noqa: SIM905
    "the of and to in a is that it was for on are with as be at one have this from by had not but what all were "
    "when we there can an your which their said if do will each about how up out them then she many some so these "
    "would other release benchmark database compiler kernel scheduler network protocol latency privacy council "
    "election research university language model energy climate market government report software security "
    "vulnerability maintainers announced yesterday today million percent quickly largely however although "
    "improved broken newer faster"
).split()
_NAMES = ("Anna Schäfer", "Jürgen Weiß", "Mary O’Brien", "Li Wei", "José García", "Kim Larsen")
_TOPICS = ("KI & Gesellschaft", "Technik", "Politik", "Research", "Open Source", "Wirtschaft", "Security", "Klima")
_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_WINDOW = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """An article of a made-up site."""

    address: str
    guid: str
    title: str
    html: str
    teaser: str
    author: str
    topics: tuple[str, ...]
    when: datetime
    file: str | None


def entries_so_far(number: int, round_: int) -> int:
    """How many articles feed ``number`` has shown by this round."""
    chance = random.Random(f"new in {number}")  # noqa: S311 - for a benchmark
    return _WINDOW + sum(chance.randint(1, 3) for _ in range(round_ - 1))


def feed_document(number: int, round_: int) -> tuple[str, bytes]:
    """The media type and bytes of a feed: in round 1 25 articles; then in each one to three more, and one edited."""
    chance = random.Random(number)  # noqa: S311 - for a benchmark
    language = chance.choice(("de", "en"))
    median = chance.choice((300, 1200, 2500, 2500, 6000))
    newest = entries_so_far(number, round_)
    pieces = [_piece(number, index, language, median) for index in range(newest - _WINDOW, newest)]
    if round_ > 1:
        pieces[5] = _edited(pieces[5], round_)
    pieces.reverse()
    # About as they are met.
    form = ("wordpress", "wordpress", "wordpress", "plain", "plain", "atom", "atom", "json")[number % 8]
    make = {"wordpress": _rss, "plain": _rss, "atom": _atom, "json": _json}[form]
    return make(number, language, pieces, whole=form != "plain")


def small_document(number: int) -> bytes:
    """A feed of one article."""
    return _rss(number, "de", [_piece(number, 0, "de", 300)], whole=False)[1]


def _piece(number: int, index: int, language: str, median: int) -> _Piece:
    chance = random.Random(number * 10_000 + index)  # noqa: S311
    site = f"https://site{number}.example"
    title = " ".join(chance.choices(_DE if language == "de" else _EN, k=chance.randint(4, 9))).capitalize()
    address = f"{site}/2026/{index:04}/{'-'.join(title.lower().split()[:5])}/"
    html = _body(chance, language, site, int(chance.lognormvariate(0, 0.6) * median))
    return _Piece(
        address=address,
        guid=f"{site}/?p={index}",
        title=title,
        html=html,
        teaser=_sentence(chance, language) + " […]",
        author=chance.choice(_NAMES),
        topics=tuple(chance.sample(_TOPICS, chance.randint(0, 3))),
        when=_START + timedelta(minutes=number, hours=7 * index),
        file=f"{site}/audio/{index}.mp3" if number % 10 == 0 else None,
    )


def _edited(piece: _Piece, round_: int) -> _Piece:
    return _Piece(
        address=piece.address,
        guid=piece.guid,
        title=piece.title,
        html=f"{piece.html}<p><strong>Update {round_}:</strong> the figures were corrected.</p>",
        teaser=piece.teaser,
        author=piece.author,
        topics=piece.topics,
        when=piece.when,
        file=piece.file,
    )


def _sentence(chance: random.Random, language: str) -> str:
    words = chance.choices(_DE if language == "de" else _EN, k=chance.randint(6, 22))
    return " ".join(words).capitalize() + chance.choice(".....?!")


def _body(chance: random.Random, language: str, site: str, length: int) -> str:
    parts: list[str] = []
    size = 0
    while size < length:
        text = " ".join(_sentence(chance, language) for _ in range(chance.randint(2, 5)))
        words = text.split(" ")
        place = chance.randrange(len(words))
        words[place] = f'<a href="{chance.choice((site, ""))}/about/{place}" target="_blank">{words[place]}</a>'
        text = " ".join(words)
        match chance.randint(0, 9):
            case 0:
                part = f"<h2>{_sentence(chance, language)}</h2>\n<p>{text} &amp; &bdquo;mehr&ldquo;&nbsp;…</p>"
            case 1:
                items = "".join(f"<li>{_sentence(chance, language)}</li>" for _ in range(4))
                part = f'<ul class="wp-block-list">{items}</ul>'
            case 2:
                part = (
                    f'<figure class="wp-block-image size-large"><img loading="lazy" decoding="async" width="1024" '
                    f'height="683" src="{site}/wp-content/uploads/2026/{len(parts)}.jpg" alt="{words[0]}" '
                    f'srcset="{site}/a-300.jpg 300w, {site}/a-1024.jpg 1024w" sizes="(max-width: 1024px) 100vw" />'
                    f"<figcaption>{_sentence(chance, language)}</figcaption></figure>"
                )
            case 3:
                part = f"<blockquote><p>{text}</p></blockquote>\n<div style='clear:both'></div><script>track()</script>"
            case _:
                part = f'<p class="has-text-align-left">{text}</p>'
        parts.append(part)
        size += len(part)
    return "\n".join(parts)


def _rss(number: int, language: str, pieces: list[_Piece], *, whole: bool) -> tuple[str, bytes]:
    site = f"https://site{number}.example"
    items = []
    for piece in pieces:
        topics = "".join(f"<category><![CDATA[{topic}]]></category>" for topic in piece.topics)
        file = f'<enclosure url="{piece.file}" length="123456" type="audio/mpeg"/>' if piece.file else ""
        if whole:
            said = (
                f"<description><![CDATA[<p>{piece.teaser}</p>]]></description>\n"
                f"<content:encoded><![CDATA[{piece.html}]]></content:encoded>\n"
                f"<wfw:commentRss>{piece.address}feed/</wfw:commentRss><slash:comments>0</slash:comments>"
            )
        else:
            said = f"<description>{escape(piece.html)}</description>"
        items.append(
            f"<item>\n<title>{escape(piece.title)}</title>\n<link>{piece.address}</link>\n"
            f"<comments>{piece.address}#respond</comments>\n<dc:creator><![CDATA[{piece.author}]]></dc:creator>\n"
            f"<pubDate>{format_datetime(piece.when)}</pubDate>\n{topics}\n"
            f'<guid isPermaLink="false">{escape(piece.guid)}</guid>\n{said}{file}\n</item>'
        )
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n<channel>\n'
        f'<title>Site {number}</title>\n<atom:link href="{site}/feed/" rel="self" type="application/rss+xml" />\n'
        f"<link>{site}</link>\n<description>News of site {number}</description>\n<language>{language}</language>\n"
        f"<lastBuildDate>{format_datetime(max(piece.when for piece in pieces))}</lastBuildDate>\n"
        "<sy:updatePeriod>hourly</sy:updatePeriod>\n<generator>https://wordpress.org/?v=6.9</generator>\n"
        + "\n".join(items)
        + "\n</channel>\n</rss>\n"
    )
    return "application/rss+xml; charset=UTF-8", document.encode()


def _atom(number: int, language: str, pieces: list[_Piece], *, whole: bool) -> tuple[str, bytes]:
    site = f"https://site{number}.example"
    # As Jekyll has it.
    base = f' xml:base="{site}/"' if number % 2 else ""
    entries = []
    for piece in pieces:
        topics = "".join(f'<category term="{escape(topic)}"/>' for topic in piece.topics)
        kind = "content" if whole else "summary"
        entries.append(
            f"<entry><title>{escape(piece.title)}</title>"
            f'<link rel="alternate" type="text/html" href="{piece.address}"/><id>{escape(piece.guid)}</id>'
            f"<published>{piece.when.isoformat()}</published><updated>{piece.when.isoformat()}</updated>"
            f"<author><name>{escape(piece.author)}</name></author>{topics}"
            f'<summary type="text">{escape(piece.teaser)}</summary>'
            f'<{kind} type="html"{base}>{escape(piece.html)}</{kind}></entry>'
        )
    document = (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f'<title>Site {number}</title><link href="{site}/atom.xml" rel="self"/><link href="{site}/"/><id>{site}/</id>'
        f"<updated>{max(piece.when for piece in pieces).isoformat()}</updated>{''.join(entries)}</feed>"
    )
    return "application/atom+xml", document.encode()


def _json(number: int, language: str, pieces: list[_Piece], *, whole: bool) -> tuple[str, bytes]:
    site = f"https://site{number}.example"
    items = [
        {
            "id": piece.guid,
            "url": piece.address,
            "title": piece.title,
            "content_html": piece.html,
            "summary": piece.teaser if whole else "",
            "date_published": piece.when.isoformat(),
            "authors": [{"name": piece.author}],
            "tags": piece.topics,
        }
        for piece in pieces
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Site {number}", "home_page_url": site}
    document = feed | {"feed_url": f"{site}/feed.json", "language": language, "items": items}
    return "application/feed+json", json.dumps(document, ensure_ascii=False).encode()
