"""Markdown documents: CommonMark with tables and strike-through."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.sources.documents.document import Document, InvalidDocument, Metadata

_LONGEST = 1_000_000
_MOST_LINES = 20_000
_MOST_MARKS = 150_000
_MARKS = "*_~`[]()!<>&\\|#"
# The parser takes some 20 microseconds for a line and 10 for a mark, whatever they mean.


def parse_markdown(text: str, given: Metadata) -> Document:
    """Read a document.  Its title is the level 1 heading that it starts with, which leaves the text.

    Where ``given`` names a title, such a heading goes only if it says the same; else it is part of the text.
    Raises `InvalidDocument` for one that is too long to be parsed in bounded time.
    """
    _require_readable(text)
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    environment: dict[str, object] = {}
    tokens = markdown.parse(text, environment)
    found: Metadata = {}
    title = _title(markdown, tokens, environment)
    if title and (not given.get("title") or clean_text(given["title"]).casefold() == title.casefold()):
        found["title"] = title
        tokens = tokens[3:]
    return Document(found=found, html=str(markdown.renderer.render(tokens, markdown.options, environment)))


def _require_readable(text: str) -> None:
    """Raise `InvalidDocument` for what the parser would take more than a few seconds for."""
    for found, most, of in (
        (len(text), _LONGEST, "characters of Markdown"),
        (text.count("\n"), _MOST_LINES, "lines of Markdown"),
        (sum(map(text.count, _MARKS)), _MOST_MARKS, f"marks of Markdown ({_MARKS})"),
    ):
        if found > most:
            what = f"It has {found:,} {of}; the limit is {most:,}."
            raise InvalidDocument(what, mend="Split it, or save it as HTML.")


def _title(markdown: MarkdownIt, tokens: Sequence[Token], environment: dict[str, object]) -> str:
    """The text of a level 1 heading at the very start (three tokens: its opening, its content, its end)."""
    if len(tokens) < 3 or tokens[0].type != "heading_open" or tokens[0].tag != "h1":  # noqa: PLR2004
        return ""
    html = markdown.renderer.render(tokens[1:2], markdown.options, environment)
    return clean_text(unescape(plain_text(html)))
