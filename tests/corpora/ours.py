"""How Rundbrief answers: through its own parser and its cleaning, as `FeedSource` does."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from urllib.parse import urljoin

from pipeline.collect.clean import clean_html, clean_text, plain_text
from pipeline.collect.language import language_tag
from pipeline.collect.links import web_url
from pipeline.collect.sources.feed_content import Reading, article_content
from pipeline.collect.sources.feed_entry import RawEntry, RawFeed, RawText
from pipeline.collect.sources.feed_xml import parse_xml
from pipeline.collect.sources.jsonfeed import is_json, parse_json
from pipeline.domain.article import Author, Content, Enclosure
from tests.corpora.archive import Document
from tests.corpora.expectations import Expectation, Path, headers

NOW = datetime(2026, 3, 1, tzinfo=UTC)
_HERE = "http://127.0.0.1:8097/tests/"


@dataclass(frozen=True, slots=True)
class Entry:
    raw: RawEntry
    content: Content


@dataclass(frozen=True, slots=True)
class Answer:
    """A feed as it was read.  An entry of which there is nothing to show has no content, and is left out."""

    url: str
    feed: RawFeed
    entries: tuple[Entry | None, ...]


def our_answer(document: Document) -> Answer:
    """Raises InvalidSource for what is no feed."""
    served = headers(document)
    url = urljoin(_HERE + document.name, served.get("content-location", ""))
    kind = Message()
    kind["content-type"] = served.get("content-type", "application/xml")
    if is_json(document.body, kind.get_content_type()):
        feed = parse_json(document.body, where=document.name)
    else:
        feed = parse_xml(document.body, url=url, charset=kind.get_content_charset(), where=document.name)
    reading = Reading(url=url, home=feed.home, feed_language=feed.language)
    return Answer(url, feed, tuple(_entry(raw, reading) for raw in feed.entries))


def _entry(raw: RawEntry, reading: Reading) -> Entry | None:
    try:
        return Entry(raw, article_content(raw, reading, NOW)[0])
    except ValueError as error:
        if "neither a title nor a text" not in str(error):
            raise
        # `FeedSource` reports it; what the feed said of it can be compared all the same.
        titled = RawText(value="(untitled)")
        named = RawEntry(**{name: getattr(raw, name) for name in RawEntry.__slots__} | {"title": titled})
        return Entry(raw, article_content(named, reading, NOW)[0])


def is_kept(expectation: Expectation) -> bool:
    """Whether the field is one that Rundbrief keeps."""
    return _field(expectation.path) in _HOLDS


def holds_for_us(answer: Answer, expectation: Expectation) -> bool:
    """Whether we say the same.  Text and HTML count as the same where our cleaning makes them so."""
    path = expectation.path
    check = _HOLDS[_field(path)]
    number = path[1] if path[0] == "entries" and isinstance(path[1], int) else 0
    entry = answer.entries[number] if path[0] == "entries" and number < len(answer.entries) else None
    if path[0] == "entries" and entry is None:
        return False
    return check(answer, entry, path, expectation.value)  # type: ignore[arg-type]


def _field(path: Path) -> str:
    return ".".join(step for step in path if isinstance(step, str))


Check = Callable[[Answer, Entry, Path, object], bool]


def _says(said: str | None, expected: object) -> bool:
    """Plain text: what a reader sees of it."""
    text = "" if expected is None else str(expected)
    return (said or "") in {clean_text(text), clean_text(plain_text(text)), clean_text(plain_text(html.escape(text)))}


def _shows(raw: RawText | None, answer: Answer, expected: object) -> bool:
    """HTML: what is left of either after cleaning."""
    if expected is None or expected == "":
        return raw is None or not clean_html(raw.value, answer.url)
    if raw is None:
        return not clean_html(str(expected), answer.url)
    base = urljoin(answer.url, raw.base) if raw.base else answer.feed.home or answer.url
    ours = clean_html(raw.value if raw.html else html.escape(raw.value, quote=False), base)
    theirs = str(expected)
    return ours in {clean_html(theirs, base), clean_html(html.escape(theirs, quote=False), base)}


def _summary(answer: Answer, entry: Entry, _path: Path, expected: object) -> bool:
    return _shows(entry.raw.summary or entry.raw.content, answer, expected)


def _content(answer: Answer, entry: Entry, _path: Path, expected: object) -> bool:
    return _shows(entry.raw.content, answer, expected)


def _title(_answer: Answer, entry: Entry, _path: Path, expected: object) -> bool:
    title = entry.raw.title
    if title is None or not clean_text(plain_text(title.value) if title.html else title.value):
        # What stands in for it is not the feed's.
        return _says("", expected)
    return _says(entry.content.title, expected)


def _feed_title(answer: Answer) -> str:
    return clean_text(plain_text(answer.feed.title or ""))


def _url(ours: str | None, expected: object, base: str) -> bool:
    return ours == (web_url(str(expected), base) if expected else None)


def _moment(ours: datetime | None, expected: object) -> bool:
    if not isinstance(expected, tuple):
        return ours is None if expected is None else False
    return ours is not None and ours.utctimetuple()[:6] == expected[:6]


def _author(answer: Answer, entry: Entry, path: Path, expected: object) -> bool:
    number = next((step for step in path[2:] if isinstance(step, int)), 0)
    authors = entry.content.authors
    author = authors[number] if number < len(authors) else Author(name="")
    match path[-1]:
        case "author":
            known = {author.name, author.email or "", f"{author.name} ({author.email})"}
            return (str(expected) if expected else "") in known
        case "name":
            return _says(author.name, expected)
        case "email":
            return _says(author.email, expected)
        case _:
            return _url(author.url, expected, answer.url)


def _topic(_answer: Answer, entry: Entry, path: Path, expected: object) -> bool:
    if path[-1] == "tags":
        return False
    return clean_text(html.unescape(str(expected))) in entry.content.topics


def _enclosure(answer: Answer, entry: Entry, path: Path, expected: object) -> bool:
    number = next((step for step in path[2:] if isinstance(step, int)), 0)
    files = entry.content.enclosures
    file = files[number] if number < len(files) else Enclosure(url="", media_type="")
    match path[-1]:
        case "length":
            return str(file.length or "") == str(expected or "")
        case "type":
            return file.media_type == expected
        case _:
            return _url(file.url, expected, answer.feed.home or answer.url)


def _language(ours: str | None, expected: object) -> bool:
    return language_tag(ours) == language_tag(str(expected) if expected else None)


def _entry_link(answer: Answer, entry: Entry, _path: Path, expected: object) -> bool:
    return _url(entry.content.url, expected, answer.feed.home or answer.url)


_HOLDS: Mapping[str, Check] = {
    "feed.title": lambda answer, _entry, _path, expected: _says(_feed_title(answer), expected),
    "feed.title_detail.value": lambda answer, _entry, _path, expected: _says(_feed_title(answer), expected),
    "feed.link": lambda answer, _entry, _path, expected: _url(
        web_url(answer.feed.home or "", answer.url), expected, answer.url
    ),
    "feed.language": lambda answer, _entry, _path, expected: _language(answer.feed.language, expected),
    "entries.title": _title,
    "entries.title_detail.value": _title,
    "entries.link": _entry_link,
    "entries.id": lambda _answer, entry, _path, expected: entry.raw.id == expected,
    "entries.guid": lambda _answer, entry, _path, expected: entry.raw.id == expected,
    "entries.published": lambda _answer, entry, _path, expected: entry.raw.published == expected,
    "entries.created": lambda _answer, entry, _path, expected: entry.raw.published == expected,
    "entries.updated": lambda _answer, entry, _path, expected: entry.raw.updated == expected,
    "entries.date": lambda _answer, entry, _path, expected: expected in {entry.raw.updated, entry.raw.published},
    "entries.published_parsed": lambda _answer, entry, _path, expected: _moment(entry.content.published, expected),
    "entries.created_parsed": lambda _answer, entry, _path, expected: _moment(entry.content.published, expected),
    "entries.updated_parsed": lambda _answer, entry, _path, expected: _moment(entry.content.updated, expected),
    "entries.author": _author,
    "entries.author_detail.name": _author,
    "entries.author_detail.email": _author,
    "entries.author_detail.href": _author,
    "entries.author_detail.url": _author,
    "entries.authors.name": _author,
    "entries.authors.email": _author,
    "entries.authors.href": _author,
    "entries.authors.url": _author,
    "entries.tags.term": _topic,
    "entries.tags.label": _topic,
    "entries.category": _topic,
    "entries.enclosures.url": _enclosure,
    "entries.enclosures.href": _enclosure,
    "entries.enclosures.type": _enclosure,
    "entries.enclosures.length": _enclosure,
    "entries.content.value": _content,
    "entries.summary": _summary,
    "entries.summary_detail.value": _summary,
    "entries.description": _summary,
    "entries.comments": lambda answer, entry, _path, expected: _url(entry.content.comments_url, expected, answer.url),
    "entries.content.language": lambda _answer, entry, _path, expected: _language(entry.content.language, expected),
    "entries.title_detail.language": lambda _answer, entry, _path, expected: _language(
        entry.content.language, expected
    ),
}
