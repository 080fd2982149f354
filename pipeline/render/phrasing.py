"""The lines that stand for an issue in an inbox: subject and preheader."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.catalogues import Words
from pipeline.domain.article import Content

SUBJECT_LIMIT = 110
PREHEADER_LIMIT = 140
TEASER_LIMIT = 320
_TITLE_FROM_TEASER = 80

_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+")


def one_line(text: str) -> str:
    """The text without control characters and line ends, white space collapsed."""
    return " ".join(_BREAKING.sub(" ", text).split())


def shortened(text: str, limit: int) -> str:
    """The text on one line, cut between words to at most ``limit`` characters with an ellipsis if it is longer."""
    text = one_line(text)
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if " " in cut[limit // 2 :] and not text[limit - 1].isspace():
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.–—-") + "…"


def title_of(content: Content, otherwise: str) -> str:
    """The title on one line; for an article without one its beginning, or what is to stand there ``otherwise``."""
    return one_line(content.title) or shortened(content.teaser, _TITLE_FROM_TEASER) or one_line(otherwise)


def subject(contents: Sequence[Content], words: Words, otherwise: str) -> str:
    """The lead article's title, and how many others there are; what is too long is cut in the title."""
    title = title_of(contents[0], otherwise)
    others = len(contents) - 1
    if not others:
        return shortened(title, SUBJECT_LIMIT)
    pattern = words.ngettext("{title} and {count} more", "{title} and {count} others", others)
    room = SUBJECT_LIMIT - len(pattern.format(title="", count=others))
    return pattern.format(title=shortened(title, room), count=others)


def preheader(teasers: Sequence[str]) -> str:
    """What an inbox shows after the subject: the lead article's teaser."""
    return shortened(next(filter(None, teasers), ""), PREHEADER_LIMIT)
