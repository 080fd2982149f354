"""Markdown documents: CommonMark with tables and strike-through."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.sources.documents.document import Document, InvalidDocument, Metadata

_LONGEST = 1_000_000


def parse_markdown(text: str, given: Metadata) -> Document:
    """Read a document.  Its title is the level 1 heading that it starts with, which leaves the text.

    Where ``given`` names a title, such a heading goes only if it says the same; else it is part of the text.
    Raises `InvalidDocument` for one that is too long to be parsed in bounded time.
    """
    if len(text) > _LONGEST:
        what = f"It has {len(text)} characters of Markdown; the limit is {_LONGEST}."
        raise InvalidDocument(what, mend="Split it, or save it as HTML.")
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    environment: dict[str, object] = {}
    tokens = markdown.parse(text, environment)
    found: Metadata = {}
    title = _title(markdown, tokens, environment)
    if title and (not given.get("title") or clean_text(given["title"]).casefold() == title.casefold()):
        found["title"] = title
        tokens = tokens[3:]
    return Document(found=found, html=str(markdown.renderer.render(tokens, markdown.options, environment)))


def _title(markdown: MarkdownIt, tokens: Sequence[Token], environment: dict[str, object]) -> str:
    """The text of a level 1 heading at the very start (three tokens: its opening, its content, its end)."""
    if len(tokens) < 3 or tokens[0].type != "heading_open" or tokens[0].tag != "h1":  # noqa: PLR2004
        return ""
    html = markdown.renderer.render(tokens[1:2], markdown.options, environment)
    return clean_text(unescape(plain_text(html)))
