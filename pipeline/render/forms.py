"""How much of each article a message carries: whole, as a teaser, or as a link; and how it gets small enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

TRIM_ABOVE = 85_000
"""Bytes of HTML from which on articles are carried shorter: Gmail clips at about 102,000."""
LIMIT = 100_000
"""Bytes of HTML that no message may pass: the clipped part would hide the unsubscribe link."""


class Form(StrEnum):
    """How an article stands in a message."""

    FULL = "full"
    TEASER = "teaser"
    LINK = "link"


_SHORTER = {Form.FULL: Form.TEASER, Form.TEASER: Form.LINK}


def wanted(template: str, linked: Sequence[bool]) -> tuple[Form, ...]:
    """The forms before any trimming; ``linked`` tells which articles have a page of their own.

    A digest carries a single article whole: it is what its reader waited for.  An article without a page stands
    whole too, as there is nowhere to go on reading.
    """
    several = {"full": Form.FULL, "instant": Form.FULL, "brief": Form.LINK}.get(template, Form.TEASER)
    form = Form.FULL if len(linked) == 1 else several
    return tuple(form if has_page else Form.FULL for has_page in linked)


def fitted(
    forms: Sequence[Form], linked: Sequence[bool], size: Callable[[int, Form], int], room: int
) -> tuple[Form, ...]:
    """The forms with which the articles have room; they are shortened from the last on, and none is dropped.

    ``size`` tells the bytes of an article, by its position, in a form.  First whole articles become teasers, then
    teasers become links.  Where that is not enough the shortest forms are returned.
    """
    shorter = list(forms)
    total = sum(size(position, form) for position, form in enumerate(forms))
    for before, after in _SHORTER.items():
        for position in reversed(range(len(shorter))):
            if total <= room:
                return tuple(shorter)
            if shorter[position] is before and linked[position]:
                shorter[position] = after
                total += size(position, after) - size(position, before)
    return tuple(shorter)
