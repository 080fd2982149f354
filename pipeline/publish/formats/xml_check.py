"""Reads an XML feed back before it is published."""

from __future__ import annotations

from typing import BinaryIO
from xml.parsers import expat

from pipeline.errors import PublishError


def check_xml(document: BinaryIO, *, id_element: str) -> None:
    """Raises `PublishError` unless the document is well-formed, namespaces included, and no id is in it twice.

    ``id_element`` is the element that carries one: its namespace, a space, and its name.
    """
    reader = _IdReader(id_element)
    try:
        reader.parser.ParseFile(document)
    except expat.ExpatError as error:
        raise PublishError(f"the document would not be well-formed: {error}") from error
    if reader.repeated:
        raise PublishError(f"the document would have the id {reader.repeated} twice")


class _IdReader:
    """Listens to character data inside ids only: the rest of the text never becomes Python's."""

    def __init__(self, id_element: str) -> None:
        self._id_element = id_element
        self._seen: set[str] = set()
        self.repeated: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True  # an id comes in one piece
        self.parser.StartElementHandler = self._start

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == self._id_element:
            self.parser.CharacterDataHandler = self._note
        elif self.parser.CharacterDataHandler:
            self.parser.CharacterDataHandler = None

    def _note(self, found: str) -> None:
        if found in self._seen:
            self.repeated = self.repeated or found
        elif not found.isspace():  # what stands between an id and the next element
            self._seen.add(found)
