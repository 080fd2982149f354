"""Plain text articles as they come off a publisher's page; docs/plain-text.md writes the convention down."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.collect.sources.documents.blocks import Block, Listing, Rule, Text, split_blocks, split_lines
from pipeline.collect.sources.documents.bullets import list_html
from pipeline.collect.sources.documents.document import Document, Metadata
from pipeline.collect.sources.documents.headline import LONGEST_TITLE, looks_like_heading, named_topics
from pipeline.collect.sources.documents.inline import inline_html
from pipeline.collect.sources.documents.opening import read_opening
from pipeline.collect.sources.documents.trailer import split_trailer

_SHORTEST_BELOW_HEADING = 25
_LONGEST_VERSE = 120


def parse_plain_text(text: str, given: Metadata | None = None, *, replaces_title: bool = True) -> Document:
    """Read an article.

    ``given`` is what front matter and sidecar say; see `pipeline.collect.sources.documents.opening.read_opening` for
    what a given title means.  Every line of the text is in the title, topics, picture, html, or ``dropped``.
    """
    lines, trailer = split_trailer(split_lines(text))
    blocks = split_blocks(lines)
    topics, tag_line = _closing_topics(blocks)
    if topics:
        blocks = blocks[:-1]
    opening = read_opening(blocks, given or {}, replaces_title=replaces_title)
    if topics:
        opening.found["topics"] = opening.found.get("topics", ()) + topics
    body: list[Block] = [*(Text((line,)) for line in opening.extra), *_split_segments(opening.blocks)]
    notes = (f'Left out at the end: "{" / ".join(trailer)[:LONGEST_TITLE]}".',) if trailer else ()
    return Document(
        found=opening.found,
        html="\n".join(_html(body)),
        dropped=(*opening.aside, *tag_line, *trailer),
        notes=notes,
    )


def _closing_topics(blocks: Sequence[Block]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The topics of a last line such as "Tags: Energie, Stromnetz", and that line."""
    match blocks[-1] if len(blocks) > 2 else None:  # noqa: PLR2004 - a title and a text above it
        case Text((line,)):
            topics = named_topics(line)
            return topics, (line,) if topics else ()
        case _:
            return (), ()


def _split_segments(blocks: Sequence[Block]) -> list[Block]:
    """Each paragraph a block of its own; lines that were broken on purpose stay together (verse, addresses)."""
    split: list[Block] = []
    for block in blocks:
        match block:
            case Text((first, *others)) if others:
                verse = all(len(segment) <= _LONGEST_VERSE for segment in block.segments)
                headed = len(others) == 1 and looks_like_heading(first) and _is_longer_sentence(others[0], first)
                split.extend([block] if verse and not headed else [Text((segment,)) for segment in block.segments])
            case _:
                split.append(block)
    return split


def _is_longer_sentence(line: str, above: str) -> bool:
    return len(line) > max(len(above), _SHORTEST_BELOW_HEADING) and not looks_like_heading(line)


def _html(blocks: Sequence[Block]) -> list[str]:
    """The blocks as HTML.  The last line of an article has no text below it, so it is none of its headings."""
    html: list[str] = []
    text_below = False
    for block in reversed(blocks):
        match block:
            case Listing(items):
                html.append(list_html(items))
                text_below = True
            case Rule():
                html.append("<hr>")
            case Text((line,)) if text_below and looks_like_heading(line):
                html.append(f"<h2>{inline_html(line)}</h2>")
            case Text(segments):
                html.append(f"<p>{'<br>'.join(map(inline_html, segments))}</p>")
                text_below = True
    return html[::-1]
