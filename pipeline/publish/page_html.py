"""An article's HTML as a part of a page of ours: its outline below the page's, and within reach of a keyboard."""

from __future__ import annotations

import re

# Sanitised HTML quotes each attribute with ", and has no < in its text: what this finds are the tags, and all of them.
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?P<rest>(?:[^>\"]|\"[^\"]*\")*)>")
_HEADING = re.compile(r"h[1-6]")
_TOP = 2
_LOWEST = 6
_SCROLLING = frozenset({"pre", "table"})


def page_html(html: str) -> str:
    """Sanitised HTML with headings from the second level on, none of them left out, and boxes that can be scrolled.

    The page has the only heading of the first level.  What may be wider than a phone scrolls by itself, and who has no
    pointer must be able to get there (WCAG 2.2, 2.1.1).
    """
    levels: list[int] = []
    opened: list[int] = []

    def tag(found: re.Match[str]) -> str:
        name = found["name"].lower()
        if name in _SCROLLING and not found["end"] and "tabindex" not in found["rest"]:
            return f'<{name}{found["rest"]} tabindex="0">'
        if not _HEADING.fullmatch(name):
            return found[0]
        if found["end"]:
            return f"</h{opened.pop()}>" if opened else found[0]
        level = int(name[1])
        while levels and levels[-1] >= level:
            levels.pop()
        levels.append(level)
        opened.append(min(_TOP + len(levels) - 1, _LOWEST))
        return f"<h{opened[-1]}{found['rest']}>"

    return _TAG.sub(tag, html)
