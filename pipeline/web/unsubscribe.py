"""The unsubscribe link: a page for people, one click for mail programs (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.audience.choices import Choices
from pipeline.domain.audience import Subscription, SubscriptionState, masked
from pipeline.web.form import form_fields
from pipeline.web.pages import Pages
from pipeline.web.site import Clock, WebSite

log = structlog.get_logger(__name__)

LARGEST_FORM = 4096
_UNDO = "undo"

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

    A POST unsubscribes unless it asks to undo: a mail program that garbles the body has still been told to.
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
        token, now = request.path_params["token"], self._clock()
        one_click = fields.get("List-Unsubscribe", "").lower() == "one-click"
        if fields.get("action") == _UNDO and not one_click:
            subscription = self._choices.resubscribe(token, now)
            asked = _UNDO
        else:
            asked = "one-click" if one_click else "page"
            subscription = self._choices.unsubscribe(token, now, asked)
        if subscription is not None:
            log.info("subscription changed", newsletter=subscription.newsletter, state=subscription.state, how=asked)
        if one_click:
            known = subscription is not None
            return PlainTextResponse(
                "Unsubscribed.\n" if known else "Not found.\n",
                status_code=200 if known else 404,
                headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
            )
        return self._page(request, subscription, asked=asked)

    def _page(self, request: Request, subscription: Subscription | None, asked: str | None) -> Response:
        if subscription is None:
            words = self._pages.words(request)
            title = words.gettext(_UNKNOWN)
            return self._pages.page("web/unsubscribe-unknown.html.j2", words, 404, title=title)
        words = self._pages.words(request, subscription.language)
        newsletter = self._site.newsletters.get(subscription.newsletter, subscription.newsletter)
        address = masked(subscription.subscriber.address)
        said, action = _outcome(subscription.state, asked)
        heading, explanation = (
            words.gettext(text).format(newsletter=newsletter, address=address) for text in _SAID[said]
        )
        return self._pages.page(
            "web/unsubscribe.html.j2", words, title=heading, heading=heading, explanation=explanation, action=action
        )


def _outcome(state: SubscriptionState, asked: str | None) -> tuple[str, str | None]:
    """What the page says (a key of `_SAID`), and what its button does."""
    if asked != _UNDO:
        return ("done", _UNDO) if state is SubscriptionState.UNSUBSCRIBED else ("question", "unsubscribe")
    if state is SubscriptionState.UNSUBSCRIBED:
        return "not back", None
    return ("back" if state is SubscriptionState.ACTIVE else "to confirm"), "unsubscribe"
