"""One pass over an XML feed: what its head and each of its entries have, piece by piece.

A feed has thousands of entries, of a few shapes: which elements there are, in which order, inside which.  Where
something is in a shape is worked out once; of each piece only the values are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from pipeline.errors import PublishError
from pipeline.publish.gate.values import Refusal, check_size

Attributes = Mapping[str, str]
Path = tuple[str, ...]
"""A child's name, or that of a child and of a child of it."""

_CHUNK = 64 * 1024
_MOST_SHAPES = 1000
_END = ""
"""What stands in a shape where an element ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are in a format.  Names are a namespace, a space and a name, or a name alone.

    ``root`` is the root, ``head`` the element that holds what is said of the feed, and its entries; ``texts`` are the
    children whose text matters.  ``entries_last`` tells that nothing may stand behind them.
    """

    root: str
    head: str
    entry: str
    texts: frozenset[Path]
    entries_last: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a piece's texts and attributes those of its children are; ``order`` has the children's names."""

    texts: dict[Path, list[int]] = field(default_factory=dict)
    attributes: dict[str, list[int]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """The head of a feed, or one of its entries: its children by their names, each with its text and attributes."""

    _places: Places
    _texts: Sequence[str]
    _attributes: Sequence[Attributes]

    def only(self, name: str, shown: str) -> str:
        """The text of a child that there must be once."""
        found = self._places.texts.get((name,), ())
        if len(found) != 1:
            raise Refusal(f"it has {len(found)} elements {shown}, where there must be one")
        return self._texts[found[0]]

    def optional(self, name: str, shown: str) -> str | None:
        """The text of a child that there may be once."""
        return self.only(name, shown) if (name,) in self._places.texts else None

    def texts(self, *path: str) -> list[str]:
        return [self._texts[place] for place in self._places.texts.get(path, ())]

    def all(self, name: str) -> list[Attributes]:
        return [self._attributes[place] for place in self._places.attributes.get(name, ())]

    @property
    def order(self) -> Sequence[str]:
        return self._places.order


def read_feed(
    document: BinaryIO,
    layout: Layout,
    on_root: Callable[[Attributes], object],
    on_head: Callable[[Piece], object],
    on_entry: Callable[[Piece], object],
) -> None:
    """Read a feed.  ``on_head`` is called with what stands before the first entry, or with all if there is none.

    Raises `PublishError` for what isn't well-formed, namespaces included, and for a `Refusal` of one of the callers.
    """
    check_size(document)
    reader = _Reader(layout, on_root, on_head, on_entry)
    parser = reader.parser()
    try:
        while chunk := document.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
        reader.finish()
    except expat.ExpatError as error:
        raise PublishError(f"the document would not be well-formed: {error}") from error
    except Refusal as refusal:
        raise PublishError(reader.place(refusal)) from refusal


class _Reader:
    def __init__(
        self,
        layout: Layout,
        on_root: Callable[[Attributes], object],
        on_head: Callable[[Piece], object],
        on_entry: Callable[[Piece], object],
    ) -> None:
        self._layout = layout
        self._on_root, self._on_head, self._on_entry = on_root, on_head, on_entry
        self._entries = 0
        # What was read since the last piece: how elements begin and end, their attributes, and the texts that matter.
        self._shape: list[str] = []
        self._attributes: list[Attributes] = []
        self._texts: list[str] = []
        self._known: dict[Path, Places] = {}

    def place(self, refusal: Refusal) -> str:
        return f"entry {self._entries} of the document: {refusal}" if self._entries else f"the feed: {refusal}"

    def parser(self) -> expat.XMLParserType:
        """A parser that tells this reader what it finds.

        Its handlers are called for each element: they only take down, in as few steps as can be.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        entry, wanted = self._layout.entry, frozenset(path[-1] for path in self._layout.texts)
        shape, attributes, texts = self._shape, self._attributes, self._texts
        note_shape, note_attributes = shape.append, attributes.append

        def note_text(found: str) -> None:
            texts[-1] += found

        def start(name: str, given: Attributes) -> None:
            if name == entry:
                self._between()
            note_shape(name)
            note_attributes(given)
            if name in wanted:
                texts.append("")
                parser.CharacterDataHandler = note_text

        def end(name: str) -> None:
            parser.CharacterDataHandler = None
            note_shape(_END)
            if name == entry:
                self._entry()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        return parser

    def finish(self) -> None:
        """Look at what stands behind the last entry."""
        self._between(at_end=True)

    def _between(self, *, at_end: bool = False) -> None:
        """Look at what stands before the first entry, or between two."""
        above = 0
        if not self._entries:
            above = self._head()
        elif self._layout.entries_last and (stranger := next(filter(None, self._shape), None)):
            raise Refusal(f"{_local(stranger)} stands behind it, where readers look for entries only")
        if not at_end:
            ended = self._shape.count(_END)
            if len(self._shape) - ended != ended + above:
                raise Refusal("an entry stands inside of something else")
            self._entries += 1
        self._forget()

    def _head(self) -> int:
        """Look at the head; answers how many elements down it is."""
        layout, shape = self._layout, self._shape
        if shape[0] != layout.root:
            raise Refusal(f"the root is {_local(shape[0])}")
        self._on_root(self._attributes[0])
        if layout.head != layout.root and shape[1:2] != [layout.head]:
            raise Refusal(f"{_local(shape[1]) or 'nothing'} stands where the head of the feed must be")
        above = 1 if layout.head == layout.root else 2
        self._on_head(Piece(_places(shape, above, layout.texts), self._texts, self._attributes))
        return above

    def _entry(self) -> None:
        shape = tuple(self._shape)
        places = self._known.get(shape)
        if places is None:
            if len(self._known) >= _MOST_SHAPES:
                self._known.clear()
            places = self._known[shape] = _places(shape, 1, self._layout.texts)
        self._on_entry(Piece(places, self._texts, self._attributes))
        self._forget()

    def _forget(self) -> None:
        self._shape.clear()
        self._attributes.clear()
        self._texts.clear()


def _places(shape: Sequence[str], above: int, texts: frozenset[Path]) -> Places:
    """The children at a depth, ``above`` elements down, and what matters of theirs.

    Raises `Refusal` where a text that matters has elements in it.
    """
    places = Places()
    wanted = frozenset(path[-1] for path in texts)
    path: list[str] = []
    element = text = 0
    for place, name in enumerate(shape):
        if name == _END:
            path.pop()
            continue
        path.append(name)
        child = tuple(path[above:])
        if len(child) == 1:
            places.order.append(name)
            places.attributes.setdefault(name, []).append(element)
        if child in texts:
            if shape[place + 1] != _END:
                raise Refusal(f"there is markup in its {_local(name)}")
            places.texts.setdefault(child, []).append(text)
        text += name in wanted
        element += 1
    return places


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
