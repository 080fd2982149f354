"""What stands above the text of an article: topics, title, byline, date, the picture's description, the lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.collect.sources.documents.blocks import Block, Text
from pipeline.collect.sources.documents.dateline import read_dateline
from pipeline.collect.sources.documents.document import Metadata
from pipeline.collect.sources.documents.headline import (
    is_credit,
    kicker_topics,
    looks_like_heading,
    looks_like_title,
    named_topics,
)
from pipeline.collect.sources.documents.picture_description import describes_picture
from pipeline.collect.teaser import sentence_ends, shorten
from pipeline.domain.article import Author, Picture

_MOST_HEADS = 12
_MOST_KICKERS = 3
_WORDS_OF_TOPIC = 2
_WORDS_OF_TITLE = 5
_LONGEST_TEASER = 600
_LONGEST_SENTENCE_AS_TITLE = 150


@dataclass(slots=True)
class Opening:
    """The blocks of a text while its opening is taken off them.

    ``found`` is what was read, ``aside`` the lines that became metadata, ``extra`` lines that look like headings and
    stand directly below the title.
    """

    blocks: list[Block]
    found: Metadata = field(default_factory=Metadata)
    aside: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    def first(self) -> str | None:
        """The first line or paragraph that is left; None where it is a list or a rule."""
        block = self.blocks[0] if self.blocks else None
        return block.segments[0] if isinstance(block, Text) else None

    def take(self) -> str:
        """The first line or paragraph, off the blocks."""
        block = self.blocks.pop(0)
        if not isinstance(block, Text):
            raise TypeError(block)
        if block.segments[1:]:
            self.blocks.insert(0, Text(block.segments[1:]))
        return block.segments[0]


def read_opening(blocks: Sequence[Block], given: Metadata, *, replaces_title: bool) -> Opening:
    """Take the opening off ``blocks``.

    ``given`` is what front matter and sidecar say.  With ``replaces_title`` its title replaces the text's own; else the
    text is one without a title, unless it repeats it or brings a kicker and a title all the same.
    """
    opening = Opening(list(blocks))
    heads = _heads(opening)
    if (title := given.get("title")) and not replaces_title:
        _title_elsewhere(opening, heads, title)
    else:
        _title(opening, heads)
    _datelines(opening)
    if not opening.extra:
        _picture_description(opening, given)
        _datelines(opening)
    _lead(opening)
    return opening


def _heads(opening: Opening) -> list[str]:
    """The lines at the top that look like topics, titles or headings, taken off with the datelines between them."""
    heads: list[str] = []
    while len(heads) < _MOST_HEADS and (line := opening.first()) is not None:
        if heads and _dateline(opening, line):
            continue
        if topics := named_topics(line):
            _add_topics(opening, topics)
        elif not heads and (dateline := read_dateline(line)) and not dateline.authors and len(opening.blocks) > 1:
            _dateline(opening, line)
            continue
        elif (looks_like_heading(line) or looks_like_title(line)) and not (
            heads and (_is_text(line) or is_credit(line) or _describes(opening, line))
        ):
            heads.append(line)
        else:
            break
        opening.take()
        if topics:
            opening.aside.append(line)
    return heads


def _is_text(line: str) -> bool:
    return bool(not looks_like_heading(line) and sentence_ends(line))


def _describes(opening: Opening, line: str) -> bool:
    """Whether the line, below a title, is a picture's description without a full stop."""
    following = opening.blocks[1] if len(opening.blocks) > 1 else None
    return isinstance(following, Text) and describes_picture(line, following.segments[0])


def _title(opening: Opening, heads: list[str]) -> None:
    """Which of the lines at the top are topics and which is the title; the others are headings."""
    if not heads:
        line = opening.first()
        if line and len(line) <= _LONGEST_SENTENCE_AS_TITLE and not sentence_ends(line) and len(opening.blocks) > 1:
            opening.found["title"] = opening.take()
        return
    place = _title_place(heads)
    for line in heads[:place]:
        _add_topics(opening, kicker_topics(line))
    opening.found["title"] = heads[place]
    opening.extra = heads[place + 1 :]


def _title_place(heads: Sequence[str]) -> int:
    """Where in the lines at the top the title is: below the topics.  The last line is never one.

    Topics stand on one line.  On more than one they are believed only where they are of a word or two, with a title
    of many words below them: else it is a short title with a heading or a subtitle below it.
    """
    place = 0
    while place < min(len(heads) - 1, _MOST_KICKERS) and kicker_topics(heads[place]):
        words, words_below = len(heads[place].split()), len(heads[place + 1].split())
        if place and (words > _WORDS_OF_TOPIC or words_below < _WORDS_OF_TITLE):
            break
        place += 1
    return place


def _title_elsewhere(opening: Opening, heads: list[str], title: str) -> None:
    """The lines at the top of a text whose title is given elsewhere: headings, but for a title all the same."""
    place = next((number for number, line in enumerate(heads) if _same(line, title)), None)
    if place is None and (below_topics := _title_place(heads)):
        place = below_topics
        opening.aside.append(heads[place])
    if place is None:
        opening.extra = heads
        return
    for line in heads[:place]:
        _add_topics(opening, kicker_topics(line))
    opening.extra = heads[place + 1 :]


def _picture_description(opening: Opening, given: Metadata) -> None:
    """Take the picture's description off; ``given`` may quote it, or say whether there is one."""
    line, said = opening.first(), given.get("picture_description")
    if line is None or said is False:
        return
    if isinstance(said, str):
        if _same(line, said):
            opening.take()
        return
    following = opening.blocks[1] if len(opening.blocks) > 1 else None
    lead = following.segments[0] if isinstance(following, Text) else ""
    if not said and (looks_like_heading(lead) or not describes_picture(line, lead)):
        return
    described = opening.take()
    if (credit := opening.first()) and is_credit(credit) and len(opening.blocks) > 1:
        described = f"{described} {opening.take()}"
    opening.found["picture"] = Picture(url=None, alt=described)


def _lead(opening: Opening) -> None:
    """The first paragraph is the teaser, and stays in the text."""
    line = opening.first()
    if line is None or opening.extra or looks_like_heading(line) or is_credit(line):
        return
    opening.found["teaser"] = shorten(line, _LONGEST_TEASER)
    block = opening.blocks[0]
    following = opening.blocks[1] if len(opening.blocks) > 1 else None
    if isinstance(block, Text) and len(block.segments) == 1 and isinstance(following, Text):
        # A byline below the lead.
        rest = Opening(opening.blocks[1:], opening.found, opening.aside)
        _datelines(rest)
        opening.blocks[1:] = rest.blocks


def _datelines(opening: Opening) -> None:
    while (line := opening.first()) is not None and len(opening.blocks) > 1 and _dateline(opening, line):
        continue


def _dateline(opening: Opening, line: str) -> bool:
    """Take the line off if it is a byline or a date line."""
    dateline = read_dateline(line)
    if dateline is None:
        return False
    opening.aside.append(opening.take())
    if dateline.authors:
        opening.found.setdefault("authors", ())
        opening.found["authors"] += tuple(Author(name=name) for name in dateline.authors)
    if dateline.published:
        opening.found.setdefault("published", dateline.published)
    if dateline.updated:
        opening.found.setdefault("updated", dateline.updated)
    return True


def _add_topics(opening: Opening, topics: tuple[str, ...]) -> None:
    opening.found["topics"] = opening.found.get("topics", ()) + topics


def _same(line: str, other: str) -> bool:
    return " ".join(line.split()).casefold() == " ".join(other.split()).casefold()
