"""XML documents that are written entry by entry, so that memory does not grow with the number of entries."""

from __future__ import annotations

from lxml import etree

from pipeline.publish.files import Sink
from pipeline.publish.formats.spool import Spool

SEPARATOR = b"\n"
"""What stands between entries."""


def write_document(target: Sink, root: etree._Element, entries: Spool) -> None:
    """Write a document: ``root`` with the head's elements (in RSS: in its channel), then the entries."""
    channel = root.find("channel")
    head, end = (root, b"</feed>") if channel is None else (channel, b"</channel></rss>")
    head.text = "\n"
    for element in head:
        element.tail = "\n"
    if len(head):
        head[-1].tail = None
    document = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    # Written as entries are (see `xml_text`).
    document = document.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
    target.write(document.removesuffix(end))
    entries.copy_to(target)
    target.write(b"\n" + end + b"\n")
