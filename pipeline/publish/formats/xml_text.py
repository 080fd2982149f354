"""XML as text.  Entries are written with this: a tree of each would take three times the time, only to be flattened.

What is written is read back by an XML parser before it is published (`pipeline.publish.gate`).
"""

from __future__ import annotations

from functools import lru_cache
from html import escape


def element(name: str, text: str = "", /, **attributes: str | int | None) -> str:
    """An element with a printable text (see `pipeline.publish.characters`), and the attributes that are not None."""
    start = _start(name, attributes) if attributes else name
    if not text:
        return f"<{start}/>"
    if "&" in text or "<" in text or ">" in text:
        text = escape(text, quote=False)
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
            name += f' {key}="{escape(str(value))}"'
    return name
