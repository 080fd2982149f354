"""The confirmation link: GET shows what is to be confirmed, POST confirms it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.audience.mail_address import readable
from pipeline.audience.sign_up_store import Confirmed, SignUpStore
from pipeline.audience.store import SubscriptionStore
from pipeline.audience.tokens import CONFIRM, PREFERENCES, TokenKeys
from pipeline.domain.audience import Subscription, SubscriptionState
from pipeline.domain.sign_up import SignUp, SignUpId, SignUpKind
from pipeline.web.cadence_words import cadence_label
from pipeline.web.crossing import is_from_elsewhere
from pipeline.web.hub import network_of
from pipeline.web.pages import Pages
from pipeline.web.site import Clock, WebSite

log = structlog.get_logger(__name__)

_ = str  # marks words for the catalogue

_EXPIRED = (
    _("This link no longer works"),
    _("It is too old, or it was cut off when it was copied. Just sign up again: then you get a new one."),
)
_ELSEWHERE = (
    _("That came from another site"),
    _("Please open the link in the message itself, and press the button there."),
)
_QUESTIONS: Mapping[SignUpKind, tuple[str, str]] = {
    SignUpKind.SUBSCRIPTION: (
        _("Subscribe to {newsletter}?"),
        _("It comes to {address} once you have confirmed it here."),
    ),
    SignUpKind.ADDRESS: (
        _("A new address for {newsletter}?"),
        _("Once you have confirmed it here, everything that came to your old address comes to {address}."),
    ),
}
_DONE: Mapping[SignUpKind, tuple[str, str]] = {
    SignUpKind.SUBSCRIPTION: (
        _("You are subscribed"),
        _("{newsletter} comes to {address} from now on. {cadence}"),
    ),
    SignUpKind.ADDRESS: (_("Your address is changed"), _("{newsletter} comes to {address} from now on. {cadence}")),
}
_TAKEN = (
    _("This address is subscribed already"),
    _(
        "{address} has a subscription of its own, so nothing was changed. You can end the other one by a link in its"
        " issues."
    ),
)


@dataclass(frozen=True, slots=True)
class Confirming:
    """What the page needs; ``welcomes`` are the newsletters that welcome by mail."""

    keys: TokenKeys
    store: SignUpStore
    subscriptions: SubscriptionStore
    welcomes: Collection[str] = ()


class ConfirmPages:
    """A token that isn't good, and one that came too late, get the same answer."""

    def __init__(self, site: WebSite, pages: Pages, confirming: Confirming, clock: Clock) -> None:
        self._site = site
        self._pages = pages
        self._confirming = confirming
        self._clock = clock

    def show(self, request: Request) -> Response:
        """GET and HEAD; changes nothing, as programs that scan mail open all links."""
        number = self._confirming.keys.read(CONFIRM, request.path_params["token"])
        found = None if number is None else self._confirming.store.find(SignUpId(number), self._clock())
        if found is None:
            return self._said(request, "", _EXPIRED, 404)
        if found.subscription is not None:
            made = self._confirming.subscriptions.subscription(found.subscription)
            return self._done(request, found, made) if made else self._said(request, "", _EXPIRED, 404)
        words = self._pages.words(request, found.choice.language or found.spoken)
        title, text = (
            words.gettext(one).format(newsletter=self._title(found.newsletter), address=readable(found.address))
            for one in _QUESTIONS[found.kind]
        )
        return self._pages.page(
            "web/confirm.html.j2",
            words,
            title=title,
            text=text,
            cadence=cadence_label(words, found.choice.cadence) if found.kind is SignUpKind.SUBSCRIPTION else "",
            topics=found.choice.topics,
        )

    async def act(self, request: Request) -> Response:
        """POST."""
        if is_from_elsewhere(request, self._site):
            return self._said(request, "", _ELSEWHERE, 403)
        number = self._confirming.keys.read(CONFIRM, request.path_params["token"])
        if number is None:
            return self._said(request, "", _EXPIRED, 404)
        return await run_in_threadpool(self._confirm, request, SignUpId(number))

    def _confirm(self, request: Request, number: SignUpId) -> Response:
        confirming, now = self._confirming, self._clock()
        asked = confirming.store.find(number, now)
        done = confirming.store.confirm(number, now, network_of(request), confirming.welcomes)
        if asked is None or done is None:
            return self._said(request, "", _EXPIRED, 404)
        if done.what is Confirmed.TAKEN:
            return self._said(request, asked.spoken, _TAKEN, 200, address=readable(asked.address))
        if done.what is Confirmed.DONE:
            log.info("sign-up confirmed", newsletter=asked.newsletter, what=asked.kind)
        return self._done(request, asked, done.subscription)

    def _done(self, request: Request, asked: SignUp, one: Subscription) -> Response:
        if one.state is SubscriptionState.UNSUBSCRIBED:
            # They have left since; a link from before doesn't bring them back.
            return self._said(request, asked.spoken, _EXPIRED, 404)
        words = self._pages.words(request, one.language or asked.spoken)
        title, text = (
            words.gettext(said).format(
                newsletter=self._title(one.newsletter),
                address=readable(one.subscriber.address),
                cadence=f"{cadence_label(words, one.cadence)}.",
            )
            for said in _DONE[asked.kind]
        )
        preferences = self._confirming.keys.make(PREFERENCES, one.id)
        links = [(words.gettext(_("Change topics and frequency")), f"../preferences/{preferences}")]
        offer = self._site.offers.get(one.newsletter)
        if offer is not None and offer.archive == "public":
            links.append((words.gettext(_("Past issues")), f"../archive/{offer.name}/"))
        return self._pages.page("web/said.html.j2", words, title=title, text=text, links=links)

    def _said(self, request: Request, language: str, what: tuple[str, str], status: int, **values: object) -> Response:
        words = self._pages.words(request, language or None)
        title, text = (words.gettext(one).format(**values) for one in what)
        links = [(words.gettext(_("Newsletters")), "../newsletters/")] if self._site.offers else []
        return self._pages.page("web/said.html.j2", words, status, title=title, text=text, links=links)

    def _title(self, newsletter: str) -> str:
        return self._site.newsletters.get(newsletter, newsletter)
