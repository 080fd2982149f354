"""HTML to plain text for a terminal: wrapped, headings underlined, links as numbered footnotes.

A walk of our own: html2text writes Markdown, with its escapes in the reader's way (and is GPL); inscriptis lays
out pages, but neither wraps nor numbers links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import wrap as wrap_words
from unicodedata import combining, east_asian_width

from lxml import html as lxml_html
from lxml.html import HtmlElement, defs

WIDTH = 72

_BLOCKS = (defs.block_tags - {"del", "ins"}) | {
    *("article", "aside", "audio", "details", "figcaption", "figure", "footer", "header", "main", "nav", "section"),
    *("summary", "video"),
}
_UNDERLINES = {"h1": "=", "h2": "-"}
_HIDDEN = frozenset({"script", "style", "template", "source", "track", "head"})
_SPACE = re.compile(r"[ \t\n\f\r]+")
# Stands for a space that must not be wrapped at: no article has it, control characters are cleaned away.
_GLUE = "\x1f"
_BREAK = "\x1e"
_LOOSE_WIDTH = 24


@dataclass
class Footnotes:
    """The links of a text in the order of their numbers, which start at ``first``."""

    first: int = 1
    urls: list[str] = field(default_factory=list)

    def number(self, url: str) -> int:
        """The URL's number, the same for the same URL."""
        if url not in self.urls:
            self.urls.append(url)
        return self.urls.index(url) + self.first

    def lines(self) -> str:
        """One line each, however long: a broken URL can't be followed."""
        return "\n".join(f"[{number}] {url}" for number, url in enumerate(self.urls, self.first))


def plain_text(html: str, footnotes: Footnotes, width: int = WIDTH) -> str:
    """The text of an HTML fragment in lines of at most ``width`` columns, unless a word (a URL) is longer."""
    if not html.strip():
        return ""
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    return "\n\n".join(_blocks(root, footnotes, width)).replace(_GLUE, " ")


def columns(text: str) -> int:
    """How many columns a terminal needs for the text."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


@lru_cache(maxsize=4096)  # the same titles and teasers stand in many variants
def wrapped(text: str, width: int = WIDTH, *, first: str = "", rest: str | None = None) -> str:
    """The text in lines of ``width`` columns, the first behind ``first``, the others behind ``rest``."""
    rest = first if rest is None else rest
    # textwrap counts characters: where they are wide (Chinese, Japanese) there is room for half as many.
    if columns(text) > len(text) * 3 // 2:
        width //= 2
    room = max(1, width - max(len(first), len(rest)))
    lines = wrap_words(
        " ".join(_broken(word, room) for word in _SPACE.split(text)),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _broken(word: str, room: int) -> str:
    """A word that no line has room for, in pieces; a URL stays whole, or it couldn't be followed."""
    if len(word) <= room or "://" in word:
        return word
    return " ".join(word[start : start + room] for start in range(0, len(word), room))


def underlined(text: str, char: str, width: int = WIDTH) -> str:
    """The text wrapped, above a line of its longest line's length."""
    lines = wrapped(text, width)
    return f"{lines}\n{char * max(map(columns, lines.split(chr(10))), default=0)}" if lines else ""


def _blocks(element: HtmlElement, notes: Footnotes, width: int) -> Iterator[str]:
    """The blocks of an element, each a string of lines; stretches of inline content are paragraphs."""
    inline = element.text or ""
    for child in element:
        if isinstance(child.tag, str) and _holds_blocks(child):
            yield from _paragraph(inline, width)
            inline = ""
            yield from _block(child, notes, width)
        else:
            inline += _inline(child, notes)
        inline += child.tail or ""
    yield from _paragraph(inline, width)


def _holds_blocks(element: HtmlElement) -> bool:
    return element.tag in _BLOCKS or any(child.tag in _BLOCKS for child in element.iterdescendants())


def _block(element: HtmlElement, notes: Footnotes, width: int) -> Iterator[str]:  # noqa: C901, PLR0912 -- one case an element
    match element.tag:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            text = _collapsed(_content(element, notes))
            if text:
                yield underlined(text, _UNDERLINES.get(element.tag, "."), width)
        case "figcaption":
            # In brackets as alt texts are: a caption is not taken for the article's beginning.
            text = _collapsed(_content(element, notes)).replace("\n", " ")
            if text:
                yield wrapped(f"[{text}]", width)
        case "ul" | "ol":
            yield from _list(element, notes, width)
        case "blockquote":
            inner = "\n\n".join(_blocks(element, notes, _narrower(width, 2)))
            yield "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
        case "pre":
            lines = "".join(element.itertext()).strip("\n").expandtabs(4).split("\n")
            yield "\n".join(f"    {line}".rstrip() for line in lines)
        case "hr":
            yield "* * *"
        case "table":
            yield from _table(element, notes, width)
        case "dd":
            for block in _blocks(element, notes, _narrower(width, 4)):
                yield _indented(block, "    ", "    ")
        case "audio" | "video":
            if element.get("src"):
                yield element.get("src", "")
        case _:
            yield from _blocks(element, notes, width)


def _list(element: HtmlElement, notes: Footnotes, width: int) -> Iterator[str]:
    start = element.get("start", "1")
    number = int(start) if start.lstrip("-").isdecimal() else 1
    items = []
    for item in element.iterchildren("li"):
        mark = f"{number}. " if element.tag == "ol" else "- "
        number += 1
        blocks = list(_blocks(item, notes, _narrower(width, len(mark))))
        items.append((mark, blocks))
    loose = any(len(blocks) > 1 and not _is_list(blocks[1]) for _, blocks in items)
    lines = [
        _indented(("\n\n" if loose else "\n").join(blocks), mark, " " * len(mark)) for mark, blocks in items if blocks
    ]
    if lines:
        yield ("\n\n" if loose else "\n").join(lines)


def _is_list(block: str) -> bool:
    return bool(re.match(r"- |\d+\. ", block))


def _table(element: HtmlElement, notes: Footnotes, width: int) -> Iterator[str]:
    for caption in element.iterchildren("caption"):
        yield from _blocks(caption, notes, width)
    rows = []
    for row in element.iter("tr"):
        cells = [_collapsed(_content(cell, notes)).replace("\n", " ") for cell in row.iterchildren("td", "th")]
        if any(cells):
            rows.append(wrapped(" | ".join(cells), width, first="", rest="    "))
    if rows:
        yield "\n".join(rows)


def _content(element: HtmlElement, notes: Footnotes) -> str:
    """All of an element's content as inline text."""
    return (element.text or "") + "".join(_inline(child, notes) + (child.tail or "") for child in element)


def _inline(element: HtmlElement, notes: Footnotes) -> str:
    if not isinstance(element.tag, str) or element.tag in _HIDDEN:
        return ""
    if element.tag == "br":
        return _BREAK
    if element.tag == "img":
        alt = _collapsed(element.get("alt") or "")
        return f" [{alt}] " if alt else ""
    text = _content(element, notes)
    if element.tag in _BLOCKS:
        text = f" {text} "
    if element.tag == "q":
        text = f"“{text.strip()}”"
    url = element.get("href") if element.tag == "a" else None
    if not url or url.startswith("#") or not text.strip():
        return text
    if _names(_collapsed(text), url):
        return url if "://" in url else text
    return f"{text.rstrip()}{_GLUE}[{notes.number(url)}]" + (" " if text[-1:].isspace() else "")


def _names(text: str, url: str) -> bool:
    """Whether the text says the URL already, so that a footnote would repeat it."""
    if url.startswith(("mailto:", "tel:")):
        return text in url
    return text.removesuffix("/") in {url.removesuffix("/"), url.partition("://")[2].removesuffix("/")}


def _collapsed(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip(" ") for line in text.split(_BREAK))
    return "\n".join(lines).strip("\n")


def _paragraph(text: str, width: int) -> Iterator[str]:
    text = _collapsed(text)
    if text:
        yield "\n".join(wrapped(line, width) for line in text.split("\n"))


def _indented(block: str, first: str, rest: str) -> str:
    lines = block.split("\n")
    return "\n".join((first if number == 0 else rest) + line if line else line for number, line in enumerate(lines))


def _narrower(width: int, by: int) -> int:
    """Deep nesting leaves at least some room: lines grow rather than words stand alone."""
    return max(width - by, _LOOSE_WIDTH)
