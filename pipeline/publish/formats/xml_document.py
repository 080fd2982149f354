"""XML documents that are written entry by entry, so that memory does not grow with the number of entries."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import Any

from lxml import etree

from pipeline.publish.files import Sink

_IN_MEMORY = 4 * 1024 * 1024
"""Bytes of entries that are held in memory; what comes beyond goes to disk."""


class EntrySpool:
    """Entries, serialised as they come, until the head is known that must stand before them.

    The head says when the newest entry changed; the entries are ordered by something else and come from a stream.
    Each is serialised inside an element that declares the document's ``namespaces`` (by prefix; None is the default
    one), and cut out of it: ``etree.xmlfile`` would declare them again on every element that uses one, and bind a
    prefix of its own to xml:lang.
    """

    def __init__(self, namespaces: Mapping[Any, str]) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()
        self._frame = etree.Element("frame", nsmap=namespaces)
        self._frame.text = "\n"
        self._after = len(b"</frame>")
        self._before = len(etree.tostring(self._frame)) - self._after - 1

    def append(self, entry: etree._Element) -> None:
        self._frame.append(entry)
        self._file.write(etree.tostring(self._frame, encoding="utf-8")[self._before : -self._after])
        self._frame.remove(entry)

    def copy_to(self, target: Sink) -> None:
        self._file.seek(0)
        shutil.copyfileobj(self._file, target, 1024 * 1024)

    def close(self) -> None:
        self._file.close()


def write_document(target: Sink, root: etree._Element, entries: EntrySpool) -> None:
    """Write a document: ``root`` with the head's elements (in RSS: in its channel), then the entries."""
    channel = root.find("channel")
    head, end = (root, b"</feed>") if channel is None else (channel, b"</channel></rss>")
    head.text = "\n"
    for element in head:
        element.tail = "\n"
    if len(head):
        head[-1].tail = None
    document = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    target.write(document.removesuffix(end))
    entries.copy_to(target)
    target.write(b"\n" + end + b"\n")
