"""Where people sign up: a page for each newsletter, and the address that forms on other sites send to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pipeline.audience.mail_address import AddressFault, AddressPolicy, UnusableAddress, normalised, readable
from pipeline.audience.offer import Fields, Offer, first, read_choice, read_name
from pipeline.audience.proof import WAITED, Challenges, Evidence
from pipeline.catalogues import Words
from pipeline.domain.sign_up import NewSignUp
from pipeline.web.cadence_words import cadence_labels
from pipeline.web.form import form_lists
from pipeline.web.hub import network_of
from pipeline.web.pages import Manner, Pages
from pipeline.web.site import Clock, WebSite
from pipeline.web.throttle import Throttle

LARGEST_FORM = 16_384

_PAGE = Manner(listed=True, script=True)
_ANSWER = Manner(script=True)
# A class that signs up together sits behind one address.
_BURST, _PER_SECOND = 60, 1 / 30
_SLOW_BURST, _SLOW_PER_SECOND = 20, 1 / 60
_ANYBODY = {"access-control-allow-origin": "*"}
_TRAP = "website"
"""A field that people don't see, and programs fill in."""

_ = str  # marks words for the catalogue

_FAULTS: Mapping[AddressFault, str] = {
    AddressFault.INVALID: _("This is no e-mail address. Please look at it again."),
    AddressFault.LETTERS: _(
        "Most mail servers can’t reach this address. Please take one that has plain letters before the @."
    ),
    AddressFault.ROLE: _("Several people or none read what goes to this address. Please give one of your own."),
    AddressFault.REFUSED: _("We don’t send mail to this domain. Please give another address."),
}
_THANKS = (
    _("Please look into your mailbox"),
    _(
        "A message with a link goes to {address} now. {newsletter} comes to you once you have opened the link and"
        " confirmed it there."
    ),
)
_STEP = (
    _("One more step"),
    _("This keeps programs from signing up strangers. Please press the button to sign {address} up for {newsletter}."),
)
_BUSY = (
    _("Please try again later"),
    _("There were many sign-ups from your network just now. You can go on in {minutes} minutes."),
)
CONSENT = _(
    "{newsletter} is to come to this address. I know that I can leave at any time, with one click at the end of every"
    " issue."
)
"""What people agree to where the operator says nothing else."""

Ask = Callable[[NewSignUp, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpDesk:
    """What the pages need.

    ``ask`` takes a sign-up down; what becomes of it is decided elsewhere, and later.  ``stopwatch`` gives seconds that
    only move forward.
    """

    challenges: Challenges
    policy: AddressPolicy
    ask: Ask
    stopwatch: Callable[[], float] = time.monotonic


class SignUpPages:
    """GET shows a form; POST takes a sign-up down.

    The answer tells nothing about the address but what can be seen in it: nothing is looked up.  It is the same page
    for everybody, and as quick for everybody.
    """

    def __init__(self, site: WebSite, pages: Pages, desk: SignUpDesk, clock: Clock) -> None:
        self._site = site
        self._pages = pages
        self._desk = desk
        self._clock = clock
        self._networks = Throttle(_BURST, _PER_SECOND, stopwatch=desk.stopwatch)
        self._slow = Throttle(_SLOW_BURST, _SLOW_PER_SECOND, stopwatch=desk.stopwatch)
        self._zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))

    def index(self, request: Request) -> Response:
        """The newsletters that there are."""
        words = self._pages.words(request)
        offers = [offer for offer in self._site.offers.values() if offer.is_open]
        if len(offers) == 1:
            return RedirectResponse(f"{offers[0].name}/", status_code=302)
        if not offers:
            raise HTTPException(404)
        title = words.gettext(_("Newsletters"))
        labels = {offer.name: cadence_labels(words, offer.cadences) for offer in offers}
        return self._pages.page(
            "web/newsletters.html.j2", words, manner=Manner(listed=True), title=title, offers=offers, labels=labels
        )

    def slashless(self, request: Request) -> Response:
        """An address without the slash at its end."""
        return RedirectResponse(f"{self._offer(request).name}/", status_code=301)

    def show(self, request: Request) -> Response:
        """GET and HEAD."""
        offer, words = self._offer(request), self._pages.words(request)
        return self._form(offer, words, {}, fault="", status=200)

    def challenge(self, request: Request) -> Response:
        """GET, by the script on somebody's page."""
        self._offer(request)
        made = {"challenge": self._desk.challenges.make(self._clock()), "bits": self._desk.challenges.bits}
        return JSONResponse(made, headers={"cache-control": "no-store", "x-robots-tag": "noindex", **_ANYBODY})

    async def post(self, request: Request) -> Response:
        """POST, from our page or from anybody's: what is asked for is only asked for until it's confirmed by mail."""
        offer, words, network = self._offer(request), self._pages.words(request), network_of(request)
        fields = form_lists(request.headers.get("content-type", ""), await request.body())
        if network and (wait := self._networks.wait(network)):
            return self._busy(request, words, wait)
        return await run_in_threadpool(self._post, request, offer, words, network, fields)

    def _post(self, request: Request, offer: Offer, words: Words, network: str, fields: Fields) -> Response:
        now, typed = self._clock(), first(fields, "email").strip()
        try:
            address = normalised(typed)
            self._desk.policy.check(address)
        except UnusableAddress as error:
            fault = words.gettext(_FAULTS[error.fault])
            if _wants_json(request):
                return _json(400, title="", text=fault)
            return self._form(offer, words, fields, fault=fault, status=400)
        if first(fields, _TRAP):
            return self._said(request, words, _THANKS, address=readable(address), newsletter=offer.title)
        evidence = self._desk.challenges.judge(first(fields, "challenge"), first(fields, "work"), now)
        if evidence is Evidence.NOTHING:
            return self._step(request, offer, words, fields, address)
        if evidence is Evidence.TIME and (wait := self._slow.wait(network)):
            return self._busy(request, words, wait)
        asked = NewSignUp(
            newsletter=offer.name,
            address=address,
            choice=read_choice(fields, offer, self._pages.languages, self._zones),
            name=read_name(fields),
            spoken=words.language,
            network=network,
            consent=_consent(offer, words),
        )
        self._desk.ask(asked, now)
        return self._said(request, words, _THANKS, address=readable(address), newsletter=offer.title)

    def _offer(self, request: Request) -> Offer:
        offer = self._site.offers.get(request.path_params["newsletter"])
        if offer is None or not offer.is_open:
            raise HTTPException(404)
        return offer

    def _form(self, offer: Offer, words: Words, fields: Fields, *, fault: str, status: int) -> Response:
        """The form, with what was typed."""
        return self._pages.page(
            "web/sign-up.html.j2",
            words,
            status,
            _PAGE if status == 200 else _ANSWER,  # noqa: PLR2004
            title=offer.title,
            offer=offer,
            labels=cadence_labels(words, offer.cadences),
            languages=self._pages.languages,
            chosen=read_choice(fields, offer, self._pages.languages),
            typed={name: first(fields, name) for name in ("email", "name")},
            consent=_consent(offer, words),
            challenge=self._desk.challenges.make(self._clock()),
            bits=self._desk.challenges.bits,
            trap=_TRAP,
            fault=fault,
        )

    def _step(self, request: Request, offer: Offer, words: Words, fields: Fields, address: str) -> Response:
        """Ask once more, where neither work nor time speaks for a person yet."""
        if _wants_json(request):
            return _json(409, title="", text="", again=True)
        kept = {"email", "name", "cadence", "topic", "language", "timezone"}
        heading, text = (words.gettext(one).format(address=readable(address), newsletter=offer.title) for one in _STEP)
        return self._pages.page(
            "web/sign-up-step.html.j2",
            words,
            200,
            _ANSWER,
            title=heading,
            text=text,
            fields=[(name, value) for name in fields if name in kept for value in fields[name]],
            challenge=self._desk.challenges.make(self._clock()),
            bits=self._desk.challenges.bits,
            seconds=int(WAITED.total_seconds()),
        )

    def _busy(self, request: Request, words: Words, wait: int) -> Response:
        response = self._said(request, words, _BUSY, 429, minutes=-(-wait // 60))
        response.headers["retry-after"] = str(wait)
        return response

    def _said(
        self, request: Request, words: Words, what: tuple[str, str], status: int = 200, **values: object
    ) -> Response:
        heading, text = (words.gettext(one).format(**values) for one in what)
        if _wants_json(request):
            return _json(status, title=heading, text=text)
        return self._pages.page("web/said.html.j2", words, status, title=heading, text=text)


def _consent(offer: Offer, words: Words) -> str:
    return offer.consent or words.gettext(CONSENT).format(newsletter=offer.title)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _json(status: int, **said: object) -> Response:
    return JSONResponse(
        {"ok": status == 200, **said},  # noqa: PLR2004
        status,
        headers={"cache-control": "no-store", **_ANYBODY},
    )
