"""What people change about their subscription, and about what is known of them, by the link in their mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.audience.choices import choice_of
from pipeline.audience.mail_address import AddressPolicy
from pipeline.audience.preference_store import PreferenceStore, PrivateFeedId
from pipeline.audience.sign_up_store import SignUpStore
from pipeline.audience.store import SubscriptionStore
from pipeline.audience.tokens import PREFERENCES, PRIVATE_FEED, UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import Choice, Subscription, SubscriptionId
from pipeline.domain.sign_up import NewSignUp, SignUpKind


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a token entitles its holder to.  Every method gives None for a token that isn't good.

    ``policy`` says to which addresses somebody may move.
    """

    keys: TokenKeys
    subscriptions: SubscriptionStore
    store: PreferenceStore
    sign_ups: SignUpStore
    policy: AddressPolicy = field(default_factory=AddressPolicy)

    def find(self, token: str) -> Subscription | None:
        """The subscription as it stands, if its person is still there; changes nothing."""
        number = self.keys.read(PREFERENCES, token)
        found = None if number is None else self.subscriptions.subscription(SubscriptionId(number))
        return found if found is not None and found.subscriber.address else None

    def choose(self, token: str, choice: Choice, name: str, now: datetime) -> Subscription | None:
        """Take over what a form says."""
        found = self.find(token)
        if found is None:
            return None
        if choice != choice_of(found):
            self.store.choose(found.id, choice, now)
        if name != found.subscriber.name:
            self.store.rename(found.id, name, now)
        return self.find(token)

    def track(self, token: str, *, untracked: bool) -> None:
        """Whether what its person does may be counted."""
        if (found := self.find(token)) is not None and found.subscriber.untracked != untracked:
            self.store.track(found.id, untracked=untracked)

    def pause(self, token: str, until: datetime, now: datetime) -> Subscription | None:
        found = self.find(token)
        return None if found is None else self.store.pause(found.id, until, now)

    def resume(self, token: str, now: datetime) -> Subscription | None:
        found = self.find(token)
        return None if found is None else self.store.resume(found.id, now)

    def move(self, token: str, address: str, spoken: str, network: str, now: datetime) -> Subscription | None:
        """Ask at another address whether mail shall go there from now on.  Nothing changes until they say yes."""
        found = self.find(token)
        if found is not None:
            wish = NewSignUp(
                newsletter=found.newsletter,
                address=address,
                choice=choice_of(found),
                spoken=spoken,
                network=network,
                kind=SignUpKind.ADDRESS,
                subscription=found.id,
            )
            self.sign_ups.ask(wish, now)
        return found

    def feed_token(self, subscription: Subscription) -> str | None:
        """What the address of its private feed ends with; None while it has none."""
        number = self.store.private_feed(subscription.id)
        return None if number is None else self.keys.make(PRIVATE_FEED, number)

    def open_feed(self, token: str, now: datetime) -> Subscription | None:
        found = self.find(token)
        if found is not None:
            self.store.open_feed(found.id, now)
        return found

    def close_feed(self, token: str) -> Subscription | None:
        found = self.find(token)
        if found is not None:
            self.store.close_feed(found.id)
        return found

    def of_feed(self, feed_token: str) -> Subscription | None:
        """The subscription whose private feed it is."""
        number = self.keys.read(PRIVATE_FEED, feed_token)
        return None if number is None else self.store.subscription_of_feed(PrivateFeedId(number))

    def is_feed(self, feed_token: str) -> bool:
        """Whether we made the token, be there such a feed (any more) or not."""
        return self.keys.read(PRIVATE_FEED, feed_token) is not None

    def everything(self, token: str) -> Mapping[str, Any] | None:
        """All that is known of the person."""
        found = self.find(token)
        return None if found is None else self.store.everything(found.id)

    def erase(self, token: str, now: datetime) -> Subscription | None:
        """Delete all of it; the subscription as it was is the answer."""
        found = self.find(token)
        return found if found is not None and self.store.erase(found.id, now) else None

    def unsubscribe_token(self, subscription: Subscription) -> str:
        return self.keys.make(UNSUBSCRIBE, subscription.id)
