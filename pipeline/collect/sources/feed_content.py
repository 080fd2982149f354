"""From what a feed says of an entry to what the article says: clean, absolute, in UTC."""

from __future__ import annotations

import html
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urljoin, urlsplit

from pipeline.collect.clean import clean_html, clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.language import detect_language, language_tag
from pipeline.collect.links import web_url
from pipeline.collect.sources.feed_entry import RawEntry, RawText
from pipeline.collect.teaser import make_teaser
from pipeline.domain.article import Author, Content, Enclosure, Origin, Picture, distinct_topics

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_IMAGE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r' (src|alt)="([^"]*)"')
_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+")
_TOO_EARLY = timedelta(days=1)
_UNTITLED = 80
"""How many characters of its text an entry without a title is called by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a source's entries are understood.

    ``url`` is where the feed came from, ``home`` the page that relative links mean, where that is another;
    ``language`` the source's own where the operator named one, ``feed_language`` what the feed says; ``topics`` are
    added to each article's.  ``timezone`` is that of times without a zone.
    """

    url: str
    home: str | None = None
    language: str | None = None
    feed_language: str | None = None
    topics: tuple[str, ...] = ()
    timezone: tzinfo = UTC


class NothingToShow(ValueError):
    """The entry is empty: there is no article in it."""


def article_content(entry: RawEntry, reading: Reading, now: datetime) -> tuple[Content, tuple[str, ...]]:
    """The clean content of an entry, and notes on what was odd in it.  Raises `NothingToShow` where there is none."""
    notes: list[str] = []
    own_base = urljoin(reading.url, entry.base) if entry.base else None
    home = web_url(reading.home or "", reading.url) or reading.url
    url = web_url(entry.link or "", own_base or home)
    if entry.link and url is None:
        notes.append("its link is not an http or https address, and was dropped.")
    base = own_base or url or home
    body = _html(entry.content, base)
    text = plain_text(body)
    enclosures = _enclosures(entry.enclosures, base)
    named = text or url or next((file.title or file.url for file in enclosures), "")
    published = _date(entry.published, "publishing date", reading, now, notes)
    updated = published if entry.updated == entry.published else _date(entry.updated, "update", reading, now, notes)
    content = Content(
        title=_title(entry.title, named, notes),
        html=body,
        teaser=_teaser(entry.summary, body, text, base),
        url=url,
        language=_language(entry, reading, text),
        authors=_authors(entry.authors, base),
        topics=distinct_topics([*(clean_text(html.unescape(topic)) for topic in entry.topics), *reading.topics]),
        picture=_described(_picture(entry.pictures, base), body),
        enclosures=enclosures,
        published=published,
        updated=updated,
        comments_url=web_url(entry.comments or "", base),
        comments_feed=web_url(entry.comments_feed or "", base),
        origin=_origin(entry.origin, base),
    )
    return content, tuple(notes)


def _origin(origin: Origin | None, base: str) -> Origin | None:
    if origin is None or (url := web_url(origin.url, base)) is None:
        return None
    return Origin(title=clean_text(html.unescape(origin.title)) or url, url=url)


def _html(text: RawText | None, base: str) -> str:
    if text is None:
        return ""
    if text.html:
        return clean_html(text.value, urljoin(base, text.base) if text.base else base)
    paragraphs = (html.escape(part.strip(), quote=False) for part in re.split(r"\n\s*\n", text.value.replace("\r", "")))
    return clean_html("".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in paragraphs if part), base)


def _title(title: RawText | None, substitute: str, notes: list[str]) -> str:
    if title is not None:
        clean = clean_text(plain_text(title.value) if title.html else title.value)
        if clean:
            return clean
    line = clean_text(substitute.partition("\n")[0])
    if not line:
        raise NothingToShow("it has neither a title nor a text, nor anything else to show")
    notes.append("it has no title; the start of its text, or its address, serves as one.")
    return line if len(line) <= _UNTITLED else line[:_UNTITLED].rpartition(" ")[0].rstrip(",;:–-") + "…"


def _teaser(summary: RawText | None, body: str, text: str, base: str) -> str:
    """The summary, where it is one; else the start of the content."""
    if summary is not None:
        said = make_teaser(_html(summary, base))
        if said and clean_text(plain_text(summary.value) if summary.html else summary.value) != clean_text(text):
            return said
    return make_teaser(body)


def _date(raw: str | None, name: str, reading: Reading, now: datetime, notes: list[str]) -> datetime | None:
    if raw is None:
        return None
    moment = parse_date(raw, reading.timezone)
    if moment is None:
        notes.append(f"its {name} {clean_text(raw)[:40]!r} can't be read, and was dropped.")
    elif moment > now + _TOO_EARLY:
        notes.append(f"its {name} {clean_text(raw)[:40]!r} lies in the future, and was dropped.")
        return None
    return moment


def _language(entry: RawEntry, reading: Reading, text: str) -> str | None:
    if reading.language:
        return reading.language
    named = language_tag(entry.language if entry.language is not None else reading.feed_language)
    return named or detect_language(text, candidates=("de", "en"))


def _authors(authors: Iterable[Author], base: str) -> tuple[Author, ...]:
    clean = []
    for author in authors:
        name = clean_text(html.unescape(author.name))
        email = clean_text(author.email or "").removeprefix("mailto:")
        email = email if _EMAIL.fullmatch(email) else ""
        url = web_url(author.url or "", base)
        # Who gives nothing but a page is called by its host.
        if called := name or email or (urlsplit(url).hostname if url else None):
            clean.append(Author(name=called, email=email or None, url=url))
    return tuple(dict.fromkeys(clean))


def _picture(pictures: Iterable[Picture], base: str) -> Picture | None:
    for picture in pictures:
        if url := web_url(picture.url or "", base):
            return replace(picture, url=url, alt=clean_text(picture.alt))
    return None


def _described(picture: Picture | None, body: str) -> Picture | None:
    """The picture with the alternative text that it has in the article: feeds name pictures without one."""
    if picture is None or picture.alt or "<img" not in body:
        return picture
    for image in _IMAGE.findall(body):
        said = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(image)}
        if said.get("src") == picture.url and said.get("alt"):
            return replace(picture, alt=clean_text(said["alt"]))
    return picture


def _enclosures(enclosures: Iterable[Enclosure], base: str) -> tuple[Enclosure, ...]:
    clean: dict[str, Enclosure] = {}
    for enclosure in enclosures:
        url = web_url(enclosure.url, base)
        if url is None or url in clean:
            continue
        named = enclosure.media_type.strip().lower()
        guessed = mimetypes.guess_type(url.partition("?")[0])[0] or "application/octet-stream"
        kind = named if _MEDIA_TYPE.fullmatch(named) else guessed
        title = clean_text(enclosure.title or "") or None
        clean[url] = replace(enclosure, url=url, media_type=kind, title=title)
    return tuple(clean.values())
