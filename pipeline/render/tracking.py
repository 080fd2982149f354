"""A message whose openings and clicks are counted, and the way back.

Only the HTML part changes.  Links that carry a merge field (to leave, to choose) stay as they are, and so does what is
no web address.  What differs per recipient is one letter, a merge field: who doesn't want to be counted gets an ``n``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

from pipeline.domain.message import Message, placeholder

COUNTED = "counted"
_FIELD = placeholder(COUNTED)
_HREF = re.compile(r'(<a\b[^>]*?\shref=")(https?://[^"]+)(?=")', re.IGNORECASE)
_ANY_FIELD = "__SUBST_"
_PIXEL = re.compile(rf'<img src="[^"]*/t/{_FIELD}/[^"]*" width="1" height="1" alt="">')
_BODY_ENDS = re.compile(r"</body\s*>(?!.*</body)", re.IGNORECASE | re.DOTALL)


def tracked(
    message: Message,
    link: Callable[[str, str], str] | None,
    pixel: Callable[[str], str] | None,
    never: Collection[str] = (),
) -> Message:
    """The message with counted links and a pixel, each where there is a way to make one.

    ``link`` is given a target and the merge field, ``pixel`` the field.  ``never`` are targets that aren't counted.
    """
    html = message.html if link is None else _with_links(message.html, link, never)
    if pixel is not None:
        image = f'<img src="{escape(pixel(_FIELD))}" width="1" height="1" alt="">'
        html = _BODY_ENDS.sub(lambda found: image + found[0], html) if _BODY_ENDS.search(html) else html + image
    return replace(message, html=html)


def _with_links(html: str, link: Callable[[str, str], str], never: Collection[str]) -> str:
    def through(found: re.Match[str]) -> str:
        target = unescape(found[2])
        return found[0] if _ANY_FIELD in target or target in never else found[1] + escape(link(target, _FIELD))

    return _HREF.sub(through, html)


def untracked(html: str) -> str:
    """The HTML as it was before, for whom nothing is counted: everybody on the web."""
    if _FIELD not in html:
        return html

    def straight(found: re.Match[str]) -> str:
        target = unescape(found[2])
        if f"/t/{_FIELD}/" not in target:
            return found[0]
        return found[1] + escape(parse_qs(urlsplit(target).query).get("u", [target])[0])

    return _HREF.sub(straight, _PIXEL.sub("", html))
