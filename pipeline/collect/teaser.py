"""The teaser of an article that brings none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from pipeline.collect.clean import clean_text, plain_text

_MARKUP = re.compile(r"<[a-zA-Z][^<>]*>")
_PARAGRAPH_LETTERS = 40
_SENTENCE_END = re.compile(r"[.!?…][\"'”“’»«)\]]*(?=\s)")
_ABBREVIATED = re.compile(
    r"(?:\b(?:\w|\d{1,4}|bzw|ca|dr|etc|evtl|ggf|inkl|jr|mio|mr|mrd|mrs|ms|nr|no|prof|sog|sr|st|usw|vgl|vs|zzgl))\.$",
    re.IGNORECASE,
)


def make_teaser(html_or_text: str, limit: int = 300) -> str:
    """Plain text of at most ``limit`` characters: the first real paragraph, cut where a sentence ends, else a word.

    Headings, captions and paragraphs of a few letters are passed over, unless there is nothing else.  A cut inside a
    sentence ends with "…".
    """
    return shorten(_first_paragraph(html_or_text), limit)


def shorten(text: str, limit: int) -> str:
    """``text`` on one line and in at most ``limit`` characters; cut after a sentence, or at a word with "…"."""
    line = clean_text(text)
    if len(line) <= limit:
        return line
    ends = [end for end in sentence_ends(line[: limit + 1]) if limit // 2 <= end <= limit]
    if ends:
        return line[: ends[-1]]
    room = line[:limit]
    cut = room.rfind(" ")
    return (room[:cut] if cut > limit // 2 else room[: limit - 1]).rstrip(" ,;:–—-") + "…"


def sentence_ends(text: str) -> list[int]:
    """Where a sentence of ``text`` ends and another one follows: the offsets after its last character."""
    ends = []
    for match in _SENTENCE_END.finditer(text):
        following = text[match.end() :].lstrip()[:1]
        if not _ABBREVIATED.search(text[: match.end()][-12:]) and not following.islower():
            ends.append(match.end())
    return ends


def _first_paragraph(html_or_text: str) -> str:
    if not _MARKUP.search(html_or_text):
        paragraphs = iter(re.split(r"\n\s*\n", html_or_text))
    else:
        paragraphs = _html_paragraphs(html_or_text)
    first = None
    for text in filter(None, map(clean_text, paragraphs)):
        if sum(map(str.isalnum, text)) >= _PARAGRAPH_LETTERS:
            return text
        first = first or text
    return first or clean_text(plain_text(html_or_text))


def _html_paragraphs(markup: str) -> Iterator[str]:
    try:
        root = html.fragment_fromstring(markup, create_parent="div")
    except (etree.LxmlError, ValueError):
        return
    for paragraph in root.iter("p"):
        if next(paragraph.iterancestors("figure", "aside", "table"), None) is None:
            yield "".join(paragraph.itertext())
