"""Past issues for everybody: an index, a feed of it, and each issue as it was mailed, but for what was one reader's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Protocol

from babel.dates import format_date
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.audience.offer import Offer
from pipeline.catalogues import Words, locale_of
from pipeline.domain.message import Message
from pipeline.domain.past_issue import PastIssue, PastIssueName, read_past_issue_path
from pipeline.render.web_page import web_page
from pipeline.web.cadence_words import cadence_labels
from pipeline.web.conditional import matching_tag
from pipeline.web.feeds import HSTS
from pipeline.web.pages import Manner, Pages
from pipeline.web.site import WebSite

_ON_A_PAGE = 50
_INDEX = Manner(listed=True, max_age=300)
_MAX_AGE = 3600
# As for articles: pictures from anywhere, and nothing runs.
_POLICY = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_BAR = "font: 14px/1.5 system-ui, sans-serif; margin: 0; padding: 12px 16px; text-align: center"

_ = str  # marks words for the catalogue


class Past(Protocol):
    """The past issues as the store has them."""

    def cadences(self, newsletter: str) -> Sequence[str]: ...

    def listed(
        self, newsletter: str, cadence: str, *, limit: int, before: datetime | None = None
    ) -> Sequence[PastIssue]: ...

    def message(self, name: PastIssueName) -> tuple[PastIssue, Message] | None: ...


WriteFeed = Callable[[Offer, Sequence[PastIssue]], bytes]
"""The Atom document of a newsletter's issues."""


class ArchivePages:
    """GET and HEAD.  An unlisted newsletter has the pages that its mails lead to, and no index."""

    def __init__(self, site: WebSite, pages: Pages, past: Past, write_feed: WriteFeed) -> None:
        self._site = site
        self._pages = pages
        self._past = past
        self._write_feed = write_feed

    def slashless(self, request: Request) -> Response:
        return RedirectResponse(f"{self._offer(request).name}/", status_code=301)

    def index(self, request: Request) -> Response:
        """The issues of one cadence: the slowest one that had any, if no other is asked for."""
        offer = self._offer(request, listed=True)
        cadences = self._cadences(offer)
        asked = request.query_params.get("cadence", "")
        cadence = asked if asked in cadences else next(reversed(cadences), "")
        before = _moment(request.query_params.get("before", ""))
        found = self._past.listed(offer.name, cadence, limit=_ON_A_PAGE + 1, before=before)
        words = self._pages.words(request)
        shown = found[:_ON_A_PAGE]
        return self._pages.page(
            "web/archive.html.j2",
            words,
            manner=_INDEX,
            title=offer.title,
            offer=offer,
            labels=cadence_labels(words, reversed(cadences)) if len(cadences) > 1 else {},
            cadence=cadence,
            issues=shown,
            older=shown[-1].slot.isoformat().replace("+00:00", "Z") if len(found) > _ON_A_PAGE else "",
            first=before is None and not asked,
        )

    def feed(self, request: Request) -> Response:
        """The same issues as an Atom document."""
        offer = self._offer(request, listed=True)
        had = self._cadences(offer)
        found = self._past.listed(offer.name, had[-1], limit=_ON_A_PAGE) if had else ()
        body = self._write_feed(offer, found)
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        headers = {
            "cache-control": f"max-age={_MAX_AGE}",
            "etag": tag,
            "x-content-type-options": "nosniff",
            "access-control-allow-origin": "*",
        }
        if matching_tag(request.headers.get("if-none-match", ""), (tag,)):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/atom+xml")

    def show(self, request: Request) -> Response:
        """One issue."""
        offer = self._offer(request)
        name = read_past_issue_path(offer.name, request.path_params["issue"])
        found = self._past.message(name) if name else None
        if found is None:
            raise HTTPException(404)
        past, message = found
        if past.path != request.path_params["issue"]:
            raise HTTPException(404)
        words = self._pages.words(request, past.language)
        url = f"{self._site.url}/archive/{offer.name}/{past.path}"
        page = web_page(message.html, page_url=url, head=self._head(offer, past, url), above=_above(offer, words))
        headers = {
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": f"max-age={_MAX_AGE}",
            "content-language": past.language,
        }
        if offer.archive != "public":
            headers["x-robots-tag"] = "noindex, nofollow"
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        return HTMLResponse(page.encode("utf-8", "replace"), headers=headers)

    def _cadences(self, offer: Offer) -> list[str]:
        """The cadences at which there were issues, the most frequent first."""
        return sorted(self._past.cadences(offer.name), key=lambda name: offer.cadences.get(name, timedelta()))

    def _head(self, offer: Offer, past: PastIssue, url: str) -> str:
        day = format_date(past.slot, "long", locale=locale_of(past.language))
        robots = "" if offer.archive == "public" else '<meta name="robots" content="noindex, nofollow">'
        return (
            f'{robots}<link rel="canonical" href="{escape(url)}">'
            f'<meta name="description" content="{escape(f"{offer.title}, {day}")}">'
            f'<meta property="og:type" content="article"><meta property="og:title" content="{escape(past.subject)}">'
            f'<meta property="og:site_name" content="{escape(self._site.title)}">'
            f'<meta property="og:url" content="{escape(url)}">'
        )

    def _offer(self, request: Request, *, listed: bool = False) -> Offer:
        offer = self._site.offers.get(request.path_params["newsletter"])
        if offer is None or offer.archive == "off" or (listed and offer.archive != "public"):
            raise HTTPException(404)
        return offer


def _above(offer: Offer, words: Words) -> str:
    """Where one can go from an issue."""
    links = []
    if offer.archive == "public":
        links.append(("./", words.gettext(_("Past issues"))))
    if offer.is_open:
        links.append((f"../../newsletters/{offer.name}/", words.gettext(_("Get this by e-mail"))))
    inner = " &nbsp;·&nbsp; ".join(
        f'<a class="foot-link" style="color: #5c6570" href="{escape(href)}">{escape(text)}</a>' for href, text in links
    )
    label = escape(words.gettext(_("Past issues")))
    return f'<nav aria-label="{label}" class="bar-above" style="{_BAR}">{inner}</nav>' if inner else "<nav></nav>"


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
