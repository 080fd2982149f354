"""Plain text as blocks: what belongs together, what was only wrapped, and what is a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from pipeline.collect.sources.documents.bullets import Item, find_items

# No one wraps narrower than this, so a shorter line was ended on purpose; no one wraps wider, so a longer one is a
# paragraph.
_NARROWEST = 50
_WIDEST = 120
_BLANK = re.compile("[\\s\u200b\u200e\u200f\u2060\ufeff\xad]*")
_SEPARATORS = {"\x0b": "\n", "\x0c": "\n\n", "\u2028": "\n", "\u2029": "\n\n"}
_RULE = re.compile(r"\s*(?:[*_~=#·•–—-]\s*){3,}")
_AND = frozenset({"und", "oder", "bzw.", "bzw", "sowie", "bis", "and", "or", "to"})


@dataclass(frozen=True, slots=True)
class Text:
    """Lines between blank ones; those that were only wrapped are one segment."""

    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """List items that follow one another."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of signs that separates."""


Block = Text | Listing | Rule


def split_lines(text: str) -> list[str]:
    """The lines; a form feed and a paragraph separator (U+2029) make a blank one."""
    for separator, line_ends in _SEPARATORS.items():
        text = text.replace(separator, line_ends)
    return text.split("\n")


def split_blocks(lines: Sequence[str]) -> list[Block]:
    """The blocks of the text.  Lists whose points stand apart are one list."""
    blocks: list[Block] = []
    items: list[Item] = []
    for block in (block for chunk in _chunks(lines) for block in _blocks(chunk)):
        goes_on = isinstance(block, Listing) and items and block.items[0].continues(items)
        if items and not goes_on:
            blocks.append(Listing(tuple(items)))
            items = []
        if isinstance(block, Listing):
            items += block.items
        else:
            blocks.append(block)
    return [*blocks, Listing(tuple(items))] if items else blocks


Chunk = list[tuple[str, Item | None]]


def _chunks(lines: Sequence[str]) -> Iterator[Chunk]:
    """The lines between blank ones, each with the list item that it starts."""
    chunk: Chunk = []
    for line, item in zip(lines, find_items(lines), strict=True):
        if not _BLANK.fullmatch(line):
            chunk.append((line.expandtabs(4), item))
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@dataclass(slots=True)
class _Piece:
    """A paragraph or a point while its lines are gathered."""

    start: Item | Rule | None
    lines: list[str]


def _blocks(chunk: Chunk) -> Iterator[Block]:
    for kind, pieces in groupby(_pieces(chunk), key=lambda piece: type(piece.start)):
        if kind is Rule:
            yield Rule()
        elif kind is Item:
            yield Listing(tuple(replace(p.start, text=_joined(p.lines)) for p in pieces if isinstance(p.start, Item)))
        else:
            yield Text(tuple(_joined(piece.lines) for piece in pieces))


def _pieces(chunk: Chunk) -> Iterator[_Piece]:
    width = _width([line for line, _ in chunk])
    piece: _Piece | None = None
    previous = ""
    for line, item in chunk:
        start = Rule() if _RULE.fullmatch(line) else item
        text = item.text if item else line.strip()
        goes_on = start is None and piece is not None and not isinstance(piece.start, Rule)
        hangs = piece is not None and isinstance(piece.start, Item) and _indented(line)
        if piece and goes_on and (hangs or _was_wrapped(previous, line, width)):
            piece.lines.append(text)
        else:
            if piece:
                yield piece
            piece = _Piece(start, [text])
        previous = line
    if piece:
        yield piece


def _width(lines: Sequence[str]) -> int:
    """The column at which these lines were wrapped; 0 where they are too long to be."""
    lengths = [len(line.rstrip()) for line in lines if " " in line.strip()]
    widest = max(lengths, default=0)
    return max(widest, _NARROWEST) if widest <= _WIDEST else 0


def _was_wrapped(line: str, following: str, width: int) -> bool:
    """Whether the line ends only because the next word had no room on it."""
    if not width or (_indented(following) and not _indented(line)):
        return False
    first_word = following.split(maxsplit=1)[0]
    return len(line.rstrip()) + 1 + len(first_word) > width


def _indented(line: str) -> bool:
    return len(line) - len(line.lstrip()) > 1


def _joined(lines: Sequence[str]) -> str:
    """Wrapped lines as one; a word wrapped at its hyphen is whole again (but "Vor-" and "und Nachteile" are two)."""
    parts = [lines[0]]
    for line, following in pairwise(lines):
        hyphenated = len(line) > 1 and line[-1] == "-" and line[-2].isalnum() and following[:1].isalnum()
        whole = hyphenated and following.split(maxsplit=1)[0].lower() not in _AND
        parts.append(following if whole else f" {following}")
    return "".join(parts)
