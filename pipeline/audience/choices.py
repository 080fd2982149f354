"""What people choose through the links in their mails to leave a newsletter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.audience.preference_store import LessStore
from pipeline.audience.store import SubscriptionStore
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import Choice, Subscription, SubscriptionId

BREAK = timedelta(days=30)
"""The pause that is offered instead of leaving."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices that a token entitles its holder to.  Every method gives None for a token that isn't good.

    ``less`` is there where less mail is offered to those who are about to leave; ``goodbyes`` are the newsletters that
    confirm by mail that somebody has left.
    """

    keys: TokenKeys
    store: SubscriptionStore
    less: LessStore | None = None
    goodbyes: Collection[str] = ()

    def is_ours(self, token: str) -> bool:
        """Whether we made the token, be there a subscription (any more) or not."""
        return self._number(token) is not None

    def find(self, token: str) -> Subscription | None:
        """The subscription as it stands; changes nothing."""
        number = self._number(token)
        return None if number is None else self.store.subscription(number)

    def unsubscribe(self, token: str, now: datetime, how: str) -> Subscription | None:
        """End the subscription; a second call changes nothing.  ``how`` is kept, for people who ask later."""
        number = self._number(token)
        return None if number is None else self.store.unsubscribe(number, now, how, goodbyes=self.goodbyes)

    def resubscribe(self, token: str, now: datetime) -> Subscription | None:
        """Take an unsubscription back."""
        number = self._number(token)
        return None if number is None else self.store.resubscribe(number, now)

    def come_less_often(self, token: str, cadence: str, now: datetime) -> Subscription | None:
        """Let the newsletter come at another cadence; what else was chosen stays."""
        found = self.find(token)
        if found is None or self.less is None:
            return None
        return self.less.choose(found.id, replace(choice_of(found), cadence=cadence), now)

    def take_a_break(self, token: str, now: datetime) -> Subscription | None:
        """Let it come again after `BREAK`."""
        number = self._number(token)
        return None if number is None or self.less is None else self.less.pause(number, now + BREAK, now)

    def _number(self, token: str) -> SubscriptionId | None:
        number = self.keys.read(UNSUBSCRIBE, token)
        return None if number is None else SubscriptionId(number)


def choice_of(subscription: Subscription) -> Choice:
    """What a person has chosen so far."""
    return Choice(
        cadence=subscription.cadence,
        topics=subscription.topics,
        language=subscription.language,
        timezone=subscription.timezone,
    )
