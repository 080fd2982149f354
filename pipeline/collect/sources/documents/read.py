"""A document's bytes, and those of its sidecar, as content."""

from __future__ import annotations

from typing import cast

from pipeline.collect.sources.documents.assemble import Defaults, assemble
from pipeline.collect.sources.documents.decode import decode_document
from pipeline.collect.sources.documents.document import Document, Metadata
from pipeline.collect.sources.documents.front_matter import read_sidecar, split_front_matter
from pipeline.collect.sources.documents.html_page import parse_html
from pipeline.collect.sources.documents.markdown import parse_markdown
from pipeline.collect.sources.documents.metadata import read_metadata
from pipeline.collect.sources.documents.plain_text import parse_plain_text
from pipeline.domain.article import Content

VERSION = 1
"""Goes up with every change of what is read from the same bytes, so that known documents are read again."""

_MARKDOWN = frozenset({".md", ".markdown"})
_HTML = frozenset({".html", ".htm"})
SUFFIXES = frozenset({*_MARKDOWN, *_HTML, ".txt"})
SIDECAR_SUFFIXES = (".toml", ".yaml", ".yml")


def read_document(
    key: str, data: bytes, sidecar: tuple[str, bytes] | None, defaults: Defaults
) -> tuple[Content, tuple[str, ...]] | None:
    """The content of the document at the path ``key``, whose suffix tells its form, and notes; None for a draft.

    ``sidecar`` is the name and the bytes of the file beside it.  Raises `InvalidDocument`.
    """
    text, notes = decode_document(data)
    front, body = split_front_matter(text)
    given, front_notes = read_metadata(front, "front matter")
    notes += front_notes
    beside: Metadata = {}
    if sidecar:
        name, written = sidecar
        sidecar_text, decode_notes = decode_document(written)
        beside, beside_notes = read_metadata(read_sidecar(sidecar_text, name), f"sidecar {name}")
        notes += decode_notes + beside_notes
        given = cast("Metadata", {**given, **beside})
    if given.get("draft"):
        return None
    document = _parsed(key, body, given, replaces_title="title" in beside)
    content, more_notes = assemble(key, document, given, defaults)
    return content, notes + more_notes


def _parsed(key: str, body: str, given: Metadata, *, replaces_title: bool) -> Document:
    suffix = f".{key.rsplit('.', 1)[-1].lower()}"
    if suffix in _MARKDOWN:
        return parse_markdown(body, given)
    if suffix in _HTML:
        return parse_html(body, given)
    return parse_plain_text(body, given, replaces_title=replaces_title)
