"""Whether two texts are the same article's, however they are marked up."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import timedelta
from html import unescape

from pipeline.domain.article import Content

_SHORT = 160
"""How many letters a text needs to be told from any other by them."""
_COMPARED = 20_000
_GRAM = 12
_TEXT_IN_COMMON = 0.3
_TITLE_IN_COMMON = 0.6
_ANOTHER_DAY = timedelta(days=2)
_SAME_DAY = timedelta(hours=12)

_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")
_ASCII_BETWEEN = bytes(code for code in range(128) if not _WORD.match(chr(code)))
_END = 700
"""How much of a text's end is searched for what a generator has put there."""
# What WordPress and its like append to each entry of a feed, in the languages that we have met.
_APPENDED = re.compile(
    r"\s*(?:"
    r"the post .{1,300} (?:appeared first|first appeared|was first published) on .{1,200}"
    r"|(?:der beitrag|der artikel) .{1,300} (?:erschien (?:zuerst|als erstes)|ist zuerst erschienen) auf .{1,200}"
    r"|l.article .{1,300} est apparu en premier sur .{1,200}"
    r"|(?:la entrada|el artículo) .{1,300} (?:se publicó primero|apareció primero) en .{1,200}"
    r"|l.articolo .{1,300} (?:proviene da|sembra essere il primo su|è apparso per primo su) .{1,200}"
    r"|het bericht .{1,300} verscheen (?:eerst|als eerste) op .{1,200}"
    r"|o post .{1,300} apareceu primeiro em .{1,200}"
    r"|(?:continue reading|read (?:more|the rest|full article)|weiter ?lesen|mehr lesen|lire la suite|leer más).{0,200}"
    r"|\(more[.…]*\)|[\[(](?:\.\.\.|…)[\])]|…|\.\.\."
    r")\s*[.»→>]*\s*$",
    re.IGNORECASE | re.DOTALL,
)
# One of these is in all of them: most texts are spared the search.
_HINTS = (
    "appeared", "published on", "erschien", "premier sur", "primero", "primo su", "proviene da", "verscheen",
    "primeiro em", "continue reading", "read more", "read the rest", "read full", "lesen", "lire la suite", "leer más",
    "(more", "…", "...",
)  # fmt: skip


def said(text: str) -> str:
    """The words of a plain text: case, punctuation and ways to write a character don't count."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def letters(html: str) -> str:
    """The letters and digits of an HTML text, in one row: markup, white space and punctuation don't count.

    Nor does what a generator appends: "The post X appeared first on Y".
    """
    text = " ".join(unescape(_TAG.sub(" ", html)).split())
    start, end = text[:-_END], text[-_END:]
    before = None
    while before != end and _may_be_appended(end):
        before, end = end, _APPENDED.sub("", end)
    folded = unicodedata.normalize("NFKC", start + end).casefold()
    # What ASCII has of them goes in one sweep; the pattern then has few words to find.
    return "".join(
        _WORD.findall(
            folded.encode("utf-8", "surrogatepass").translate(None, _ASCII_BETWEEN).decode("utf-8", "surrogatepass")
        )
    )


def _may_be_appended(end: str) -> bool:
    lowered = end.lower()
    return any(hint in lowered for hint in _HINTS)


def fingerprint(content: Content) -> str | None:
    """A digest of title and text, None where there is too little text to tell one article from another."""
    return fingerprint_of(content.title, letters(content.html))


def fingerprint_of(title: str, text: str) -> str | None:
    """The fingerprint, where the `letters` of the text have been worked out."""
    if len(text) < _SHORT:
        return None
    return hashlib.sha256(f"{said(title)}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def identical(one: Content, other: Content) -> bool:
    """Whether a reader would find no difference: the same title, text and media files."""
    return (
        said(one.title) == said(other.title)
        and letters(one.html) == letters(other.html)
        and [file.url for file in one.enclosures] == [file.url for file in other.enclosures]
    )


def another_day(one: Content, other: Content) -> bool:
    """Whether both have a date, and these are too far apart for one publication."""
    return (gap := _between(one, other)) is not None and gap > _ANOTHER_DAY


def resembles(one: Content, other: Content, *, same_page: bool) -> bool:
    """Whether two contents with the same id, or on the same page, can be one article: an edit, a teaser, a copy.

    Texts that have much in common are.  Where a text is short, or says all of it otherwise, the dates must be near and
    the titles alike; on the same page another title will do if the date is as good as the same.  A translation is not.
    """
    if identical(one, other):
        return True
    if one.language and other.language and _primary(one.language) != _primary(other.language):
        return False
    ours, theirs = letters(one.html), letters(other.html)
    comparable = min(len(ours), len(theirs)) >= _SHORT
    if comparable and _in_common(ours, theirs) >= _TEXT_IN_COMMON:
        return True
    gap = _between(one, other)
    if comparable and gap is None:
        return False
    if _alike(said(one.title), said(other.title)):
        return gap is None or gap <= _ANOTHER_DAY
    return same_page and not comparable and (gap is None or gap <= _SAME_DAY)


def _between(one: Content, other: Content) -> timedelta | None:
    return abs(one.published - other.published) if one.published and other.published else None


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _alike(one: str, other: str) -> bool:
    """Titles with most words in common and the same numbers: "Podcast 12" is not "Podcast 13"."""
    if one == other:
        return True
    ours, theirs = set(one.split()), set(other.split())
    if {word for word in ours ^ theirs if word.isdigit()}:
        return False
    return len(ours & theirs) >= _TITLE_IN_COMMON * len(ours | theirs)


def _in_common(one: str, other: str) -> float:
    """The share of the shorter text that the longer one has too."""
    ours, theirs = _grams(one), _grams(other)
    return len(ours & theirs) / min(len(ours), len(theirs))


def _grams(text: str) -> set[str]:
    text = text[:_COMPARED]
    return {text[place : place + _GRAM] for place in range(len(text) - _GRAM + 1)}
