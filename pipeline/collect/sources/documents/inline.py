"""A line of plain text as HTML: escaped, its web addresses as links."""

from __future__ import annotations

import re
from html import escape

_ADDRESS = re.compile(r"(?<![\w/@.])(?:https?://|www\.)[^\s<>\"„“”»«‚‘’`|\\^{}]{1,2000}", re.IGNORECASE)
_AFTER = ".,;:!?…'*_~–—"
_PAIRS = {")": "(", "]": "["}


def inline_html(text: str) -> str:
    """``text`` escaped; http and https addresses, and those that start with www., become links."""
    html: list[str] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        address = _without_punctuation(match[0])
        if "." not in address.removeprefix("www."):
            continue
        target = address if "://" in address else f"https://{address}"
        html.append(escape(text[done : match.start()], quote=False))
        html.append(f'<a href="{escape(target)}">{escape(address, quote=False)}</a>')
        done = match.start() + len(address)
    return "".join(html) + escape(text[done:], quote=False)


def has_address(text: str) -> bool:
    """Whether there is a web or mail address in it."""
    return _ADDRESS.search(text) is not None or re.search(r"\w@\w[\w-]*\.\w", text) is not None


def _without_punctuation(address: str) -> str:
    """The address without the punctuation of the sentence around it; brackets that it opens itself stay."""
    while address:
        last = address[-1]
        if last in _AFTER or (last in _PAIRS and address.count(last) > address.count(_PAIRS[last])):
            address = address[:-1]
        else:
            break
    return address
