"""Pictures that nobody is to see: they are there to tell their owner who reads."""

from __future__ import annotations

import re
from html import unescape

_PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_STYLE = re.compile(r"""[\s"'/]style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_VALUE = re.compile(r""""[^"]*"|'[^']*'""")
_HIDDEN = re.compile(r"\shidden(?![^\s=/>])", re.IGNORECASE)
# Not "opacity: 0": pictures that fade in are written so.
_HIDING = re.compile(r"(?<![\w-])(?:display:none|visibility:hidden)", re.IGNORECASE)
_SIDE = re.compile(r"(?<![\w-])(?:max-)?(?:width|height):0*(\d+)(?![\d.%]|r?em|v[wh])", re.IGNORECASE)


def without_hidden_pictures(html: str) -> str:
    """``html`` without the pictures that an attribute or a style of their own hides, or makes a dot."""
    return _PICTURE.sub(lambda tag: "" if _hidden(tag[0]) else tag[0], html)


def _hidden(tag: str) -> bool:
    if _HIDDEN.search(_VALUE.sub('""', tag)):
        return True
    found = _STYLE.search(tag)
    if found is None:
        return False
    style = "".join(unescape(found[1] or found[2] or found[3] or "").split())
    sides = _SIDE.findall(style)
    return bool(_HIDING.search(style)) or (bool(sides) and all(side in {"0", "1"} for side in sides))
