"""What people choose through the links in their mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.audience.store import SubscriptionStore
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import Subscription


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices that a token entitles its holder to.  Every method gives None for a token that isn't good."""

    keys: TokenKeys
    store: SubscriptionStore

    def find(self, token: str) -> Subscription | None:
        """The subscription as it stands; changes nothing."""
        number = self.keys.read(UNSUBSCRIBE, token)
        return None if number is None else self.store.subscription(number)

    def unsubscribe(self, token: str, now: datetime, how: str) -> Subscription | None:
        """End the subscription; a second call changes nothing.  ``how`` is kept, for people who ask later."""
        number = self.keys.read(UNSUBSCRIBE, token)
        return None if number is None else self.store.unsubscribe(number, now, how)

    def resubscribe(self, token: str, now: datetime) -> Subscription | None:
        """Take an unsubscription back."""
        number = self.keys.read(UNSUBSCRIBE, token)
        return None if number is None else self.store.resubscribe(number, now)
