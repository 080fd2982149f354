"""The unsubscribe link: a page for people, one click for mail programs (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from babel.dates import format_date
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.audience.choices import Choices
from pipeline.audience.mail_address import readable
from pipeline.catalogues import locale_of
from pipeline.domain.audience import Subscription, SubscriptionState, masked
from pipeline.web.cadence_words import cadence_label, cadence_labels
from pipeline.web.crossing import is_from_elsewhere
from pipeline.web.form import form_fields
from pipeline.web.pages import Pages
from pipeline.web.site import Clock, WebSite

log = structlog.get_logger(__name__)

LARGEST_FORM = 4096
_UNDO, _LESS, _PAUSE = "undo", "less", "pause"

_ = str  # marks words for the catalogue

_UNKNOWN = _("This link doesn’t work")
_SAID: Mapping[str, tuple[str, str]] = {
    "question": (
        _("Unsubscribe from {newsletter}?"),
        _("Then no more issues of {newsletter} will come to {address}."),
    ),
    "done": (
        _("You are unsubscribed"),
        _("{newsletter} no longer goes to {address}. An issue that is already on its way may still arrive."),
    ),
    "back": (_("You are subscribed again"), _("{newsletter} goes to {address} as before.")),
    "less": (_("It comes less often now"), _("{newsletter} goes to {address} like this from now on: {cadence}.")),
    "pause": (
        _("It pauses"),
        _("Nothing of {newsletter} goes to {address} until {day}. It goes on by itself then, with what is new."),
    ),
    "not back": (
        _("You are still unsubscribed"),
        _("We can’t send mail to {address} any more. Please sign up with another address."),
    ),
    "to confirm": (
        _("Please confirm your subscription"),
        _("{newsletter} comes to {address} as soon as you have confirmed it by the link that we sent you."),
    ),
}
"""Heading and explanation."""


class UnsubscribePages:
    """GET shows the choice and changes nothing; POST acts on it.

    A POST unsubscribes unless it asks for something else: a mail program that garbles the body has still been told to.
    Neither needs a cookie.  A token that isn't good gets the same answer whatever is wrong with it.
    """

    def __init__(self, site: WebSite, pages: Pages, choices: Choices, clock: Clock) -> None:
        self._site = site
        self._pages = pages
        self._choices = choices
        self._clock = clock

    def show(self, request: Request) -> Response:
        """GET and HEAD."""
        subscription = self._choices.find(request.path_params["token"])
        return self._page(request, subscription, asked=None)

    async def act(self, request: Request) -> Response:
        """POST."""
        fields = form_fields(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(self._act, request, fields)

    def _act(self, request: Request, fields: dict[str, str]) -> Response:
        if fields.get("List-Unsubscribe", "").lower() == "one-click":
            return self._one_click(request.path_params["token"])
        if is_from_elsewhere(request, self._site):
            # Nobody should be led into a press of our button; they may press it on the page that comes then.
            return self.show(request)
        subscription, asked = self._change(request.path_params["token"], fields)
        _note(subscription, asked)
        return self._page(request, subscription, asked)

    def _one_click(self, token: str) -> Response:
        subscription = self._choices.unsubscribe(token, self._clock(), "one-click")
        _note(subscription, "one-click")
        # Whose link it is may have been erased since: they get nothing, which is what is asked for.
        known = subscription is not None or self._choices.is_ours(token)
        return PlainTextResponse(
            "Unsubscribed.\n" if known else "Not found.\n",
            status_code=200 if known else 404,
            headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
        )

    def _change(self, token: str, fields: dict[str, str]) -> tuple[Subscription | None, str]:
        now, asked = self._clock(), fields.get("action", "")
        if asked == _UNDO:
            return self._choices.resubscribe(token, now), asked
        if asked == _PAUSE and (paused := self._choices.take_a_break(token, now)):
            return paused, asked
        if asked == _LESS and (found := self._choices.find(token)):
            cadence = fields.get("cadence", "")
            if cadence in self._slower(found):
                return self._choices.come_less_often(token, cadence, now), asked
        return self._choices.unsubscribe(token, now, "page"), "page"

    def _page(self, request: Request, subscription: Subscription | None, asked: str | None) -> Response:
        if subscription is None:
            words = self._pages.words(request)
            title = words.gettext(_UNKNOWN)
            return self._pages.page("web/unsubscribe-unknown.html.j2", words, 404, title=title)
        words = self._pages.words(request, subscription.language)
        newsletter = self._site.newsletters.get(subscription.newsletter, subscription.newsletter)
        said, action = _outcome(subscription.state, asked)
        values = {
            "newsletter": newsletter,
            "address": masked(readable(subscription.subscriber.address)),
            "cadence": cadence_label(words, subscription.cadence),
            "day": _day(subscription.paused_until, words.language),
        }
        heading, explanation = (words.gettext(text).format(**values) for text in _SAID[said])
        offers_less = said == "question" and subscription.state is SubscriptionState.ACTIVE
        return self._pages.page(
            "web/unsubscribe.html.j2",
            words,
            title=heading,
            heading=heading,
            explanation=explanation,
            action=action,
            slower=cadence_labels(words, self._slower(subscription)) if offers_less else {},
            can_pause=offers_less and self._choices.less is not None,
        )

    def _slower(self, subscription: Subscription) -> Sequence[str]:
        """The cadences to which somebody may go over instead of leaving."""
        offer = self._site.offers.get(subscription.newsletter)
        return offer.slower_than(subscription.cadence) if offer and self._choices.less is not None else ()


def _note(subscription: Subscription | None, how: str) -> None:
    if subscription is not None:
        log.info("subscription changed", newsletter=subscription.newsletter, state=subscription.state, how=how)


def _day(moment: datetime | None, language: str) -> str:
    return format_date(moment, "long", locale=locale_of(language)) if moment else ""


def _outcome(state: SubscriptionState, asked: str | None) -> tuple[str, str | None]:
    """What the page says (a key of `_SAID`), and what its button does."""
    if asked == _UNDO:
        if state is SubscriptionState.UNSUBSCRIBED:
            return "not back", None
        return ("to confirm" if state is SubscriptionState.PENDING else "back"), "unsubscribe"
    if state is SubscriptionState.UNSUBSCRIBED:
        return "done", _UNDO
    return (asked if asked in (_LESS, _PAUSE) else "question"), "unsubscribe"
