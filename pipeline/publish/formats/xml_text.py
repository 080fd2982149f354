"""XML as text.  Entries are written with this: a tree of each would take three times the time, only to be flattened.

What is written is read back by an XML parser before it is published (`pipeline.publish.gate`).

& and < are written as the RSS Advisory Board's profile has it, in hexadecimal: to parsers that is all the same, readers
without one are the least likely to take it for markup, and the W3C's validator then knows that it is none.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = re.compile(r'[^&<>"]*+')


def element(name: str, text: str = "", /, **attributes: str | int | None) -> str:
    """An element with a printable text (see `pipeline.publish.characters`), and the attributes that are not None."""
    start = _start(name, attributes) if attributes else name
    if not text:
        return f"<{start}/>"
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;")
    return f"<{start}>{text}</{name}>"


def parent(name: str, /, *children: str, **attributes: str | int | None) -> str:
    """An element of elements."""
    return f"<{_start(name, attributes)}>{''.join(children)}</{name}>"


@lru_cache(maxsize=2)  # the other format wants the same again, right away
def cdata(html: str) -> bytes:
    """A long text that is full of markup, as it is."""
    return b"<![CDATA[%b]]>" % html.encode().replace(b"]]>", b"]]]]><![CDATA[>")


def _start(name: str, attributes: dict[str, str | int | None]) -> str:
    for key, value in attributes.items():
        if value is not None:
            name += f' {key}="{_quoted(str(value))}"'
    return name


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return value.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;").replace('"', "&#x22;")
