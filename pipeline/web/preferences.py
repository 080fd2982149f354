"""The preferences page: what comes, when and where to; a feed of one's own; what is known of one, and its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.audience.choices import choice_of
from pipeline.audience.mail_address import AddressFault, UnusableAddress, normalised, readable
from pipeline.audience.offer import Fields, Offer, first, read_choice, read_name, topics_of
from pipeline.audience.preferences import Preferences
from pipeline.catalogues import Words
from pipeline.domain.article import topic_key
from pipeline.domain.audience import Subscription, masked
from pipeline.web.cadence_words import cadence_labels
from pipeline.web.crossing import is_from_elsewhere
from pipeline.web.form import form_lists
from pipeline.web.hub import network_of
from pipeline.web.pages import Pages
from pipeline.web.site import Clock, WebSite
from pipeline.web.throttle import Throttle

log = structlog.get_logger(__name__)

LARGEST_FORM = 16_384

_LONGEST_PAUSE = timedelta(days=366)
# Each sends a message to an address that somebody typed.
_MOVES, _MOVES_PER_SECOND = 3, 1 / 3600

_ = str  # marks words for the catalogue

_UNKNOWN = (
    _("This link doesn’t work"),
    _(
        "It may have been cut off when it was copied. Please open the link in the mail itself; if that doesn’t help,"
        " reply to the mail."
    ),
)
_SAID: Mapping[str, str] = {
    "saved": _("That is saved. It counts from the next issue on."),
    "paused": _("Nothing comes until then."),
    "resumed": _("It goes on with what is new from now on."),
    "no day": _("Please choose a day after today, within a year."),
    "moved": _("A message with a link goes to {address} now. It counts once you have confirmed it there."),
    "no address": _("This is no e-mail address. Please look at it again."),
    "other address": _("We don’t write to this address. Please give another one, of your own."),
    "too often": _("That was asked for several times just now. Please try again in an hour."),
    "feed": _("Here is your feed. Its address is for you alone."),
    "no feed": _("The address of your feed no longer works."),
    "not sure": _("Nothing was deleted. Please tick that you are sure."),
    "elsewhere": _("That came from another site, so nothing was changed. Please press the button here."),
}
_FAULTS = frozenset({"no day", "no address", "other address", "too often", "not sure", "elsewhere"})
_ERASED = (
    _("Everything is deleted"),
    _(
        "We no longer know your address or anything else of you. What is left is a fingerprint of the address, so that"
        " no list brings you back. An issue that is already on its way may still arrive."
    ),
)


class PreferencesPages:
    """GET shows, POST acts; neither needs a cookie or a script.  The token in the address is all that counts."""

    def __init__(self, site: WebSite, pages: Pages, preferences: Preferences, clock: Clock) -> None:
        self._site = site
        self._pages = pages
        self._preferences = preferences
        self._clock = clock
        self._moves = Throttle(_MOVES, _MOVES_PER_SECOND)
        self._zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))

    def show(self, request: Request) -> Response:
        """GET and HEAD."""
        found = self._preferences.find(request.path_params["token"])
        return self._page(request, found)

    async def act(self, request: Request) -> Response:
        """POST."""
        fields = form_lists(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(self._act, request, fields)

    def _act(self, request: Request, fields: Fields) -> Response:
        token, action = request.path_params["token"], first(fields, "action")
        found = self._preferences.find(token)
        if found is None or is_from_elsewhere(request, self._site):
            return self._page(request, found, "elsewhere")
        if action == "data":
            return self._data(token, found)
        if action == "erase" and first(fields, "sure"):
            return self._erase(request, token, found)
        said, address = self._change(request, token, found, action, fields)
        if said not in _FAULTS:
            log.info("preferences changed", newsletter=found.newsletter, what=action)
        return self._page(request, self._preferences.find(token), said, address)

    def _change(
        self, request: Request, token: str, found: Subscription, action: str, fields: Fields
    ) -> tuple[str, str]:
        """What is to be said then, and the address that it is about."""
        now, said = self._clock(), "not sure"
        match action:
            case "save":
                offer = self._offer(found)
                choice = read_choice(fields, offer, self._pages.languages, self._zones, choice_of(found))
                self._preferences.choose(token, choice, read_name(fields), now)
                if first(fields, "tracking"):
                    self._preferences.track(token, untracked=bool(first(fields, "untracked")))
                said = "saved"
            case "pause":
                until = self._day(first(fields, "until"), found)
                is_within = until is not None and now < until < now + _LONGEST_PAUSE
                said = "paused" if is_within else "no day"
                if until is not None and is_within:
                    self._preferences.pause(token, until, now)
            case "resume":
                self._preferences.resume(token, now)
                said = "resumed"
            case "move":
                return self._move(request, token, found, first(fields, "email").strip())
            case "feed":
                self._preferences.open_feed(token, now)
                said = "feed"
            case "no feed":
                self._preferences.close_feed(token)
                said = "no feed"
        return said, ""

    def _move(self, request: Request, token: str, found: Subscription, typed: str) -> tuple[str, str]:
        try:
            address = normalised(typed)
            self._preferences.policy.check(address)
        except UnusableAddress as error:
            return ("no address" if error.fault is AddressFault.INVALID else "other address"), ""
        if self._moves.wait(str(found.id)):
            return "too often", ""
        words = self._pages.words(request, found.language)
        self._preferences.move(token, address, words.language, network_of(request), self._clock())
        return "moved", typed

    def _data(self, token: str, found: Subscription) -> Response:
        body = json.dumps(self._preferences.everything(token), ensure_ascii=False, indent=2)
        headers = {
            "content-disposition": f'attachment; filename="{found.newsletter}.json"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
        }
        return Response(body.encode("utf-8", "replace"), media_type="application/json", headers=headers)

    def _erase(self, request: Request, token: str, found: Subscription) -> Response:
        words = self._pages.words(request, found.language)
        self._preferences.erase(token, self._clock())
        log.info("person erased", newsletter=found.newsletter)
        title, text = map(words.gettext, _ERASED)
        return self._pages.page("web/said.html.j2", words, title=title, text=text)

    def _page(self, request: Request, found: Subscription | None, said: str = "", address: str = "") -> Response:
        if found is None:
            words = self._pages.words(request)
            title, text = map(words.gettext, _UNKNOWN)
            return self._pages.page("web/said.html.j2", words, 404, title=title, text=text)
        words = self._pages.words(request, found.language)
        offer = self._offer(found)
        zone = ZoneInfo(found.timezone or offer.timezone)
        today = self._clock().astimezone(zone).date()
        feed = self._preferences.feed_token(found)
        return self._pages.page(
            "web/preferences.html.j2",
            words,
            403 if said == "elsewhere" else 400 if said in _FAULTS else 200,
            title=words.gettext(_("Your subscription to {newsletter}")).format(newsletter=offer.title),
            said=words.gettext(_SAID[said]).format(address=address) if said else "",
            wrong=said in _FAULTS,
            one=found,
            address=masked(readable(found.subscriber.address)),
            offer=offer,
            labels=self._labels(words, offer, found),
            topics=[(label, topic_key(label) in found.topics) for label in topics_of(offer, choice_of(found))],
            languages=self._pages.languages,
            zones=self._zones,
            zone=zone.key,
            tomorrow=(today + timedelta(days=1)).isoformat(),
            latest=(today + _LONGEST_PAUSE - timedelta(days=1)).isoformat(),
            until=found.paused_until,
            feed=f"{self._site.url}/private/{feed}" if feed else "",
            unsubscribe=f"../unsubscribe/{self._preferences.unsubscribe_token(found)}",
        )

    def _labels(self, words: Words, offer: Offer, found: Subscription) -> Mapping[str, str]:
        """Also of a cadence that is no longer on offer: what somebody has is what is chosen."""
        return cadence_labels(words, dict.fromkeys((*offer.cadences, found.cadence)))

    def _offer(self, found: Subscription) -> Offer:
        offer = self._site.offers.get(found.newsletter)
        if offer is None:
            # The newsletter is no longer configured: all that can be done is leave and be forgotten.
            cadences = {found.cadence: timedelta()}
            return Offer(name=found.newsletter, title=found.newsletter, cadences=cadences, is_open=False)
        return offer

    def _day(self, text: str, found: Subscription) -> datetime | None:
        """The beginning of a day where the person lives."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return None
        zone = ZoneInfo(found.timezone or self._offer(found).timezone)
        return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
