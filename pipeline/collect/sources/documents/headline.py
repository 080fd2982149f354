"""Which lines of plain text are headings, titles or topics, by their look alone."""

from __future__ import annotations

import re

from pipeline.collect.sources.documents.dateline import is_place_and_date, read_dateline
from pipeline.collect.sources.documents.inline import has_address

LONGEST_TITLE = 200
_LONGEST_HEADING = 120
_LONGEST_CALL = 80
_LONGEST_LABEL = 40
_MOST_LABELS = 6
_MOST_WORDS = 4
_STATEMENT = re.compile(r"[.:!?…\"„“”»«]")
_QUOTES = "\"„“”»«‚‘’›‹'"
_LABEL_BREAK = re.compile(r"\s*[,;|•·]\s*|\s+[/–—]\s+")
_NAMED_TOPICS = re.compile(
    r"(?:themen?|kategorien?|rubrik|ressort|schlag(?:wörter|worte|wort)|stichwörter|tags?|topics?|categor(?:y|ies)|section"
    r"|keywords|filed under|abgelegt unter)\s*:\s*(?P<topics>\S.*)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:fotos?|bild(?:er|quelle|nachweis|rechte)?|titelbild|symbolbild|grafik|illustration|quellen?|photos?|pictures?"
    r"|images?|credits?|source|(?:photo|image|picture) (?:credit|by|courtesy of))\s*(?::|/|©)\s*\S.*|©.*|.*\(c\).*",
    re.IGNORECASE,
)
_SMALL = "und oder & der die das des dem den für im in am an aus zu zur mit von and or of the for on"
_SMALL_WORDS = frozenset(_SMALL.split())
_ARTICLES = frozenset({"der", "die", "das", "ein", "eine", "einen", "the", "a", "an"})


def looks_like_heading(line: str) -> bool:
    """Short, and not a finished sentence: nothing at the end, or a question or exclamation mark on a very short one.

    Not a heading: quotations, lines with web addresses, credits, datelines and attributions.
    """
    return len(line) <= _LONGEST_HEADING and _stands_alone(line) and not (_calls(line) and len(line) > _LONGEST_CALL)


def looks_like_title(line: str) -> bool:
    """As a heading, but longer; it may be a quotation, and a question of any length."""
    return len(line) <= LONGEST_TITLE and not line.rstrip(_QUOTES).endswith((".", ":", ";", ",")) and has_letters(line)


def is_credit(line: str) -> bool:
    """Whether it names the maker or the source of a picture, such as "Foto: Anna Beispiel"."""
    return len(line) <= LONGEST_TITLE and _CREDIT.fullmatch(line) is not None


def has_letters(line: str) -> bool:
    return any(map(str.isalnum, line))


def named_topics(line: str) -> tuple[str, ...]:
    """The topics of a line such as "Kategorie: Energie, Wirtschaft"."""
    match = _NAMED_TOPICS.fullmatch(line) if len(line) <= LONGEST_TITLE else None
    return _labels(match["topics"].rstrip(".")) if match else ()


def kicker_topics(line: str) -> tuple[str, ...]:
    """The topics of a line above a title, empty where the line can't be one.

    One or more labels between commas, semicolons, bars or slashes with spaces; "KI & Robotik" is one label.  A label
    has at most four words (four only if they are nouns, names and small words), no article before it, and no
    punctuation.
    """
    labels = _labels(line)
    return labels if 0 < len(labels) <= _MOST_LABELS and all(map(_is_label, labels)) else ()


def _labels(line: str) -> tuple[str, ...]:
    return tuple(filter(None, _LABEL_BREAK.split(line.strip())))


def _is_label(label: str) -> bool:
    words = label.split()
    if not has_letters(label) or len(label) > _LONGEST_LABEL or len(words) > _MOST_WORDS or _STATEMENT.search(label):
        return False
    if words[0].lower() in _ARTICLES or words[0].islower():
        return False
    return len(words) < _MOST_WORDS or all(not word[0].islower() or word in _SMALL_WORDS for word in words)


def _stands_alone(line: str) -> bool:
    bare = line.rstrip(_QUOTES + ")]").rstrip()
    if not has_letters(line) or bare.endswith(tuple(".…:;,-–—")) or line[0] in "–—-…":
        return False
    if line[0] in _QUOTES and line[-1] in _QUOTES:
        return False
    if bare.endswith(("!", "?")) and bare != line.rstrip(")]"):
        return False
    return not (has_address(line) or is_credit(line) or is_place_and_date(line) or read_dateline(line))


def _calls(line: str) -> bool:
    return line.endswith(("!", "?"))
