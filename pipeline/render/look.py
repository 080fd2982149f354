"""What rendering needs to know: how mail of a newsletter looks, and what one variant of an issue carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.article import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The design tokens that `style.css` and `dark.css` are written with.

    Colours are CSS colours.  ``accent`` carries links and buttons and must have a contrast of 4.5 with white,
    ``accent_dark`` with the dark ground #1b1e22.
    """

    accent: str = "#0b57d0"
    accent_dark: str = "#8ab4f8"
    fonts: str = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a newsletter's mail looks, in one language.

    ``name`` is the newsletter's name in the configuration, ``title`` what readers call it.  ``from_`` and
    ``reply_to`` are mailboxes (RFC 5322).  ``template`` names NAME.html.j2 and NAME.txt.j2.  ``language`` is a
    BCP 47 tag, ``timezone`` an IANA name: dates are shown in it.  ``archive_url`` and ``help_url`` are pages about
    the newsletter, ``unsubscribe_address`` is a mailbox that ends a subscription.
    """

    name: str
    title: str
    from_: str
    site_title: str
    site_url: str
    template: str = "digest"
    language: str = "en"
    timezone: str = "UTC"
    feed_url: str | None = None
    archive_url: str | None = None
    help_url: str | None = None
    reply_to: str | None = None
    unsubscribe_address: str | None = None
    postal_address: str = ""
    brand: Brand = field(default_factory=Brand)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """What a variant carries: its articles in order, each with the absolute URL of its page ("" if it has none).

    ``cadence`` is its key in the configuration, ``slot`` the time that the issue is for (aware).
    """

    cadence: str
    slot: datetime
    articles: Sequence[tuple[Article, str]]
