"""Lists in plain text: which lines are points, and the points as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.collect.sources.documents.inline import inline_html

# Signs that nobody starts a sentence with, and signs that also are dashes, footnotes or sums.
_SURE = "•·‣⁃◦▪▫●○■□\uf0b7►▶➤➢"
_UNSURE = "–—*+-"
_POINT = re.compile(rf"(?P<indent>\s*)(?:(?P<sign>[{_SURE}{_UNSURE}])|\(?(?P<number>\d{{1,3}})[.)])\s+(?P<text>\S.*)")
_GLUED = re.compile(rf"(?P<indent>\s*)(?P<sign>[{_SURE}])(?P<text>[^\s{_SURE}{_UNSURE}].*)")
_DEEPER = 2
_FARTHEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A point.  ``indent`` is the column of its sign; ``number`` is None in a list of bullets."""

    text: str
    indent: int
    number: int | None

    def continues(self, items: Sequence[Item]) -> bool:
        """Whether it goes on with the list of ``items``."""
        if self.number is None:
            return True
        before = next((i.number for i in reversed(items) if i.indent == self.indent and i.number is not None), None)
        return before is None or self.number == before + 1


def find_items(lines: Sequence[str]) -> list[Item | None]:
    """For each line the point that it starts, or None.

    A sure sign makes a point alone.  Dashes, stars and numbers need company: another point of their kind before or
    after them, with nothing but its own lines, deeper points or blank lines between; numbers one that follows.
    """
    found = [_read(line) for line in lines]
    places = [place for place, point in enumerate(found) if point]
    for order, place in enumerate(places):
        point = found[place]
        if point is None or (point[0] and point[0] in _SURE):
            continue
        near = (_neighbour(lines, found, places, order, step) for step in (-1, 1))
        if not any(other and _alike(point, other) for other in near):
            found[place] = None
    return [point[1] if point else None for point in found]


def list_html(items: Sequence[Item]) -> str:
    """The points as one or more lists, nested by their indentation; numbers stay what they are."""
    html: list[str] = []
    stack: list[_Level] = []
    for item in items:
        tag = "ul" if item.number is None else "ol"
        while len(stack) > 1 and item.indent <= stack[-1].indent - _DEEPER:
            html.append(f"</li></{stack.pop().tag}>")
        if stack and item.indent < stack[-1].indent + _DEEPER:
            html.append("</li>")
            if stack[-1].tag != tag:
                html.append(f"</{stack.pop().tag}>")
                stack.append(_Level(item.indent, tag, item.number))
                html.append(_opened(tag, item.number))
        else:
            stack.append(_Level(item.indent, tag, item.number))
            html.append(_opened(tag, item.number))
        level = stack[-1]
        html.append("<li>" if item.number == level.expected else f'<li value="{item.number}">')
        html.append(inline_html(item.text))
        level.expected = None if item.number is None else item.number + 1
    html.extend(f"</li></{level.tag}>" for level in reversed(stack))
    return "".join(html)


@dataclass(slots=True)
class _Level:
    """A list that is open: its indentation, and the number that its next point has by itself."""

    indent: int
    tag: str
    expected: int | None


def _opened(tag: str, number: int | None) -> str:
    return f"<{tag}>" if number in {None, 1} else f'<{tag} start="{number}">'


_Point = tuple[str, Item]
"""A point with its sign, which is empty where it has a number."""


def _read(line: str) -> _Point | None:
    match = _POINT.fullmatch(line) or _GLUED.fullmatch(line)
    if not match:
        return None
    groups = match.groupdict()
    number = groups.get("number")
    item = Item(
        text=match["text"].strip(),
        indent=len(match["indent"].expandtabs(4)),
        number=int(number) if number else None,
    )
    return match["sign"] or "", item


def _neighbour(
    lines: Sequence[str], found: Sequence[_Point | None], places: Sequence[int], order: int, step: int
) -> _Point | None:
    """The next point in that direction that is not deeper, None where other text comes first."""
    own = found[places[order]]
    for distance in range(1, _FARTHEST):
        near = order + step * distance
        if not 0 <= near < len(places) or not _adjacent(lines, places[near - step], places[near]):
            return None
        other = found[places[near]]
        if other is None or own is None:
            return None
        if other[1].indent < own[1].indent + _DEEPER:
            return other
    return None


def _adjacent(lines: Sequence[str], one: int, other: int) -> bool:
    """Whether between two points there are only the first one's further lines, and then only blank lines."""
    first, second = sorted((one, other))
    written = [bool(line.strip()) for line in lines[first + 1 : second]]
    return written == sorted(written, reverse=True)


def _alike(one: _Point, other: _Point) -> bool:
    if one[1].number is None or other[1].number is None:
        return one[0] == other[0] or (other[0] != "" and other[0] in _SURE)
    return abs(one[1].number - other[1].number) == 1
