"""One pass over an XML feed: what its head and each of its entries have, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from pipeline.errors import PublishError
from pipeline.publish.gate.values import Refusal, check_size

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Piece:
    """The head of a feed, or one of its entries: its children by their names, each with its text and attributes.

    Only texts of children that were asked for are kept, and those of children's children by ``parent/child``.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    attributes: dict[str, list[Attributes]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def only(self, name: str, shown: str) -> str:
        """The text of a child that there must be once."""
        found = self.texts.get(name, ())
        if len(found) != 1:
            raise Refusal(f"it has {len(found)} elements {shown}, where there must be one")
        return found[0]

    def optional(self, name: str, shown: str) -> str | None:
        """The text of a child that there may be once."""
        return self.only(name, shown) if self.texts.get(name) else None

    def all(self, name: str) -> list[Attributes]:
        return self.attributes.get(name, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are in a format.  Names are a namespace, a space and a name, or a name alone.

    ``root`` is the root, ``head`` the element that holds what is said of the feed, and its entries; ``texts`` are the
    children whose text matters, also as ``parent/child``.  ``entries_last`` tells that nothing may stand behind them.
    """

    root: str
    head: str
    entry: str
    texts: frozenset[str]
    entries_last: bool = False


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
    try:
        reader.parser.ParseFile(document)
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
        self._head_depth = 1 if layout.head == layout.root else 2
        self._depth = 0
        self._entries = 0
        self._in_entry = False
        self._piece = Piece()
        self._parent = ""
        self._text: list[str] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def place(self, refusal: Refusal) -> str:
        return f"entry {self._entries} of the document: {refusal}" if self._entries else f"the feed: {refusal}"

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth = depth = self._depth + 1
        below = depth - self._head_depth
        if below > 1:
            # Within the head, or within an entry; what else stands between entries is not looked at.
            if self._in_entry or not self._entries:
                self._inside(below - 1 if self._in_entry else below, name, attributes)
        elif below == 1:
            if name == self._layout.entry:
                self._begin_entry()
            elif not self._entries:
                self._inside(1, name, attributes)
            elif self._layout.entries_last:
                raise Refusal(f"{name.rpartition(' ')[2]} stands behind it, where readers look for entries only")
        elif depth == 1:
            if name != self._layout.root:
                raise Refusal(f"the root is {name.rpartition(' ')[2]}")
            self._on_root(attributes)
        elif name != self._layout.head:
            raise Refusal(f"{name.rpartition(' ')[2]} stands where the head of the feed must be")

    def _begin_entry(self) -> None:
        if not self._entries:
            self._on_head(self._piece)
        self._entries += 1
        self._in_entry = True
        self._piece = Piece()

    def _inside(self, level: int, name: str, attributes: Attributes) -> None:
        if level == 1:
            self._parent = name
            self._piece.order.append(name)
            self._piece.attributes.setdefault(name, []).append(attributes)
            if name in self._layout.texts:
                self._collect(name)
        elif level == 2 and (path := f"{self._parent}/{name}") in self._layout.texts:  # noqa: PLR2004
            self._collect(path)

    def _collect(self, name: str) -> None:
        texts = self._piece.texts.setdefault(name, [])
        texts.append("")
        self._text = texts
        self.parser.CharacterDataHandler = self._note

    def _note(self, found: str) -> None:
        if self._text is not None:
            self._text[-1] += found

    def _end(self, _name: str) -> None:
        below = self._depth - self._head_depth
        self._depth -= 1
        if self._text is not None:
            self._text = None
            self.parser.CharacterDataHandler = None
        elif below == 1 and self._in_entry:
            self._in_entry = False
            self._on_entry(self._piece)
        elif below == 0 and not self._entries:
            self._on_head(self._piece)
