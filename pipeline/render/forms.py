"""How much of each article a message carries: whole, as a teaser, or as a link; and how it gets small enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from pipeline.errors import RenderError

TRIM_ABOVE = 85_000
"""Bytes of HTML from which on articles are carried shorter: Gmail clips at about 102,000."""
LIMIT = 100_000
"""Bytes of HTML that no message may pass: the clipped part would hide the unsubscribe link."""


CLIPPED = 102_400
"""Bytes of HTML from which on Gmail clips, with all merge fields filled in."""


class Form(StrEnum):
    """How an article stands in a message."""

    FULL = "full"
    TEASER = "teaser"
    HEADLINE = "headline"
    LINK = "link"


_SHORTER = {Form.FULL: Form.TEASER, Form.TEASER: Form.LINK, Form.HEADLINE: Form.LINK}


def form_of(template: str, written: str | None) -> Form:
    """How a template carries articles: what it says itself (``{% set form = "full" %}``), or as teasers.

    Raises `RenderError` for a form that there is not.
    """
    try:
        return Form(written or Form.TEASER)
    except ValueError as error:
        mend = f"It can be {', '.join(Form)}."
        raise RenderError(f"There is no form “{written}”.", where=f"{template}.html.j2", mend=mend) from error


def wanted(form: Form, linked: Sequence[bool], links_from: int | None = None) -> tuple[Form, ...]:
    """The forms before any trimming; ``linked`` tells which articles have a page of their own.

    Where teasers are wanted, a single article stands whole: it is what its reader waited for.  An article without a
    page stands whole too, as there is nowhere to go on reading.  From ``links_from`` on there are only links.
    """
    first = Form.FULL if len(linked) == 1 and form is Form.TEASER else form
    return tuple(
        Form.FULL if not has_page else Form.LINK if links_from is not None and position >= links_from else first
        for position, has_page in enumerate(linked)
    )


def fitted(
    forms: Sequence[Form], linked: Sequence[bool], size: Callable[[int, Form], int], room: int
) -> tuple[Form, ...]:
    """The forms with which the articles have room; they are shortened from the last on, and none is dropped.

    ``size`` tells the bytes of an article, by its position, in a form.  First whole articles become teasers, then
    teasers and headlines become links.  Where that is not enough the shortest forms are returned.
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
