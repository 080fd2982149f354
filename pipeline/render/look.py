"""What rendering needs to know: how mail of a newsletter looks, and what one variant of an issue carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.article import Article, ArticleId
from pipeline.domain.pictures import PictureCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that stands for the publication; pixels as it is shown.

    The one at ``url_dark`` takes its place on dark screens.
    """

    url: str
    width: int
    height: int
    alt: str = ""
    url_dark: str = ""

    @property
    def is_icon(self) -> bool:
        """Whether it is about square: an icon stands beside the title, a wider one instead of it."""
        return self.width * 2 <= self.height * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The design tokens that `style.css` and `dark.css` are written with, and what the foot says.

    Colours are ``#rrggbb``.  ``accent`` carries links and buttons on white, ``accent_dark`` those on the dark sheet
    #1b1e22; each needs a contrast of 4.5 with it.  ``background`` and ``background_dark`` lie around the sheet.
    ``social`` are names and addresses.
    """

    accent: str = "#0b57d0"
    accent_dark: str = "#8ab4f8"
    background: str = "#f3f4f2"
    background_dark: str = "#101214"
    fonts: str = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
    heading_fonts: str = ""
    logo: Logo | None = None
    footer: str = ""
    postal_address: str = ""
    social: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a newsletter's mail looks, in one language.

    ``name`` is the newsletter's name in the configuration, ``title`` what readers call it.  ``from_`` and
    ``reply_to`` are mailboxes (RFC 5322).  ``template`` names NAME.html.j2 and NAME.txt.j2.  ``language`` is a
    BCP 47 tag, ``timezone`` an IANA name: dates are shown in it.  ``archive_url`` and ``help_url`` are pages about
    the newsletter, ``unsubscribe_address`` is a mailbox that ends a subscription.  ``preferences`` tells that there
    is a page for them: then mail has the merge field ``preferences_url``.  ``pictures_url`` is where our copies of
    pictures are, without a slash at its end.
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
    preferences: bool = False
    pictures_url: str = ""
    brand: Brand = field(default_factory=Brand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An article that an earlier issue carried, of the time ``carried`` (aware), and that has changed since.

    ``url`` is "" where it has no page, or none any more.  ``note`` says in plain text what was wrong, "" for nothing.
    """

    title: str
    url: str
    carried: datetime
    retracted: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """What a variant carries: its articles in order, each with the absolute URL of its page ("" if it has none).

    ``cadence`` is its key in the configuration, ``slot`` the time that the issue is for (aware).  ``page_url`` is the
    issue's own page, "" if it has none.  ``sections`` is empty, or the heading over each article, "" for none; a
    heading stands where it changes.  From the position ``links_from`` on articles are carried as links only.
    ``copies`` are those that we have of the articles' pictures; the others are loaded from where they are.
    """

    cadence: str
    slot: datetime
    articles: Sequence[tuple[Article, str]]
    page_url: str = ""
    sections: Sequence[str] = ()
    links_from: int | None = None
    corrections: tuple[Correction, ...] = ()
    copies: Mapping[ArticleId, tuple[PictureCopy, ...]] = field(default_factory=dict)
