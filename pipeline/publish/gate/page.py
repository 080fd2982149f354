"""What a page must be that we publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from lxml import etree

from pipeline.errors import PublishError
from pipeline.publish.gate import values
from pipeline.publish.gate.values import Refusal, check_size

_CHUNK = 1024 * 1024
_END = b"</html>"
_TAIL = 64


def check_page(document: BinaryIO) -> None:
    """Raises `pipeline.errors.PublishError` unless it is whole, has language and title, and names each place once."""
    check_size(document)
    target = _Page()
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)  # type: ignore[arg-type]  # has no comments
    tail = b""
    try:
        while chunk := document.read(_CHUNK):
            parser.feed(chunk)
            tail = (tail + chunk)[-_TAIL:]
        parser.close()
        _check_end(tail)
        values.text(target.title, "its title")
        values.text(target.language, "its language")
    except etree.XMLSyntaxError as error:
        raise PublishError(f"the page would be no HTML: {error}") from error
    except Refusal as refusal:
        raise PublishError(f"the page: {refusal}") from refusal


def _check_end(tail: bytes) -> None:
    if not tail.rstrip().endswith(_END):
        raise Refusal("it has no end")


def _check_address(value: str | None) -> None:
    """Of a feed that the page names: relative to it, or absolute."""
    if not value or (":" in value.partition("/")[0] and not value.startswith(("http://", "https://"))):
        raise Refusal(f"the address of a feed that it names is none: {value!r}")


class _Page:
    """Listens to the parser; nothing but ids is kept."""

    def __init__(self) -> None:
        self.title = ""
        self.language: str | None = None
        self._ids: set[str] = set()
        self._in_title = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "title":
            self._in_title = not self.title
        elif tag == "link" and attributes.get("rel") == "alternate":
            _check_address(attributes.get("href"))
        if id_ := attributes.get("id"):
            if id_ in self._ids:
                raise Refusal(f"two of its elements have the id {id_}")
            self._ids.add(id_)

    def end(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def data(self, text: str) -> None:
        if self._in_title:
            self.title += text

    def close(self) -> None:
        pass
