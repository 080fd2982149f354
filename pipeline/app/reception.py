"""What people are given who come by links and pages: sign-up, choices, preferences, feeds, and mail about all that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app.private_feeds import PrivateFeeds
from pipeline.audience.choices import Choices
from pipeline.audience.preferences import Preferences
from pipeline.audience.proof import Challenges
from pipeline.audience.tokens import CONFIRM, PREFERENCES, UNSUBSCRIBE, TokenKeys
from pipeline.deliver.ledger import Addressee
from pipeline.domain.message import Message, filled
from pipeline.domain.notice import Notice, NoticeKind
from pipeline.errors import Problem, RenderError
from pipeline.store.store import Store

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.audience.mail_address import AddressPolicy
    from pipeline.audience.offer import Offer
    from pipeline.publish.format import Format
    from pipeline.render.renderer import Renderer


@dataclass
class Reception:
    """All that one installation has for people beside issues.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Callable[[], datetime]
    keys: Callable[[], TokenKeys]
    renderer: Callable[[], Renderer]
    formats: Callable[[], tuple[Format, ...]]

    @cached_property
    def offers(self) -> Mapping[str, Offer]:
        return wiring.audience.offers(self.settings)

    @cached_property
    def policy(self) -> AddressPolicy:
        """Raises `ConfigError`."""
        return wiring.audience.address_policy(self.settings)

    @cached_property
    def challenges(self) -> Challenges:
        return Challenges(self.keys())

    @cached_property
    def choices(self) -> Choices:
        goodbyes = frozenset(letter.name for letter in self.settings.newsletters if letter.goodbye)
        return Choices(self.keys(), self.store.subscriptions, self.store.preferences, goodbyes)

    @cached_property
    def preferences(self) -> Preferences:
        store = self.store
        return Preferences(self.keys(), store.subscriptions, store.preferences, store.sign_ups, self.policy)

    @cached_property
    def private_feeds(self) -> PrivateFeeds:
        return PrivateFeeds(self.settings, self.store, self.formats)

    @property
    def welcomes(self) -> frozenset[str]:
        """The newsletters that welcome by mail who has confirmed."""
        return frozenset(letter.name for letter in self.settings.newsletters if letter.welcome)

    def merge_fields(self, addressee: Addressee, language: str) -> Mapping[str, str]:
        """The values of an issue's merge fields for one addressee."""
        keys = self._made
        return {
            "greeting": self.renderer().greeting(addressee.name, language),
            "unsubscribe_url": self._unsubscribe_url(keys.make(UNSUBSCRIBE, addressee.subscription)),
            "preferences_url": self._preferences_url(keys.make(PREFERENCES, addressee.subscription)),
            "counted": "n" if addressee.untracked else "y",
        }

    # Steps

    def decide_sign_ups(self) -> int:
        """Step: decide on some of the sign-ups that were taken down; returns how many there were."""
        return self.store.sign_ups.decide(self.clock())

    def render_notices(self) -> list[Problem]:
        """Step: render the notices that have no message yet."""
        problems: list[Problem] = []
        for one in self.store.notices.unrendered():
            letter = self._letters.get(one.newsletter)
            if letter is None:
                self.store.notices.cancel(one, "its newsletter is not configured")
                continue
            try:
                message = self._message(one, letter)
            except RenderError as error:
                problems.append(error.problem)
            else:
                self.store.notices.keep_message(one, message)
        return problems

    def tidy_up(self) -> None:
        """Step: let pauses end, and forget what was not confirmed, what is over, and who left long ago."""
        now = self.clock()
        self.store.preferences.wake(now)
        self.store.notices.give_up(now)
        self.store.sign_ups.forget(now)
        if (known := self.settings.retention.unsubscribed) is not None:
            while self.store.preferences.let_go(now - known, now):
                pass

    def _message(self, one: Notice, letter: config.Newsletter) -> Message:
        """Filled in right away: there is but one recipient, and every attempt must carry the same."""
        from pipeline.render import notices  # noqa: PLC0415  (jinja2 and premailer load slowly)

        language = one.language or letter.language
        renderer, look = self.renderer(), wiring.mail.look(self.settings, letter, language)
        shown = notices.Notice(kind=notices.Kind(one.kind), cadence=one.cadence)
        greeting = {"greeting": renderer.greeting(one.name, language)}
        return filled(renderer.notice(look, shown), greeting | self._links(one))

    def _links(self, one: Notice) -> dict[str, str]:
        keys = self._made
        if one.kind is NoticeKind.CONFIRM:
            return {"confirm_url": wiring.mail.link_of(self.settings, "confirm")(keys.make(CONFIRM, one.sign_up or 0))}
        leave = self._unsubscribe_url(keys.make(UNSUBSCRIBE, one.subscription or 0))
        if one.kind is NoticeKind.GOODBYE:
            return {"resubscribe_url": leave}
        preferences = self._preferences_url(keys.make(PREFERENCES, one.subscription or 0))
        return {"unsubscribe_url": leave, "preferences_url": preferences}

    @cached_property
    def _made(self) -> TokenKeys:
        return self.keys()

    @cached_property
    def _unsubscribe_url(self) -> Callable[[str], str]:
        return wiring.mail.link_of(self.settings, "unsubscribe")

    @cached_property
    def _preferences_url(self) -> Callable[[str], str]:
        return wiring.mail.link_of(self.settings, "preferences")

    @cached_property
    def _letters(self) -> Mapping[str, config.Newsletter]:
        return wiring.mail.newsletters(self.settings)
