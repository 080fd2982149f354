"""People whose consent somebody else has taken, and vouches for: they are subscribed without a confirmation mail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine, select

from pipeline.domain.audience import Subscription, SubscriptionId, SubscriptionState, address_key
from pipeline.domain.sign_up import NewSignUp
from pipeline.store.confirming import confirm
from pipeline.store.database import writing
from pipeline.store.reading_subscriptions import one
from pipeline.store.sign_ups import take_down
from pipeline.store.suppressing import Digests, no_digests, suppressed
from pipeline.store.tables import subscriber, subscription


class Admitted(StrEnum):
    """What came of an admission."""

    NEW = "new"
    THERE = "there"
    """They are subscribed already; nothing was changed."""
    ENDED = "ended"
    """They unsubscribed: only they themselves can come back."""
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admissions:
    """The admissions of one store."""

    engine: Engine
    digests: Digests = no_digests

    def admit(self, asked: NewSignUp, welcomes: Collection[str], now: datetime) -> tuple[Admitted, Subscription | None]:
        """Subscribe somebody, and keep the words of their consent with it.

        As with an import, nobody is revived who left, nor mailed whose address is suppressed.
        """
        key = address_key(asked.address)
        there = (
            select(subscription.c.id, subscription.c.state)
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .where(subscriber.c.address_key == key, subscription.c.newsletter == asked.newsletter)
        )
        with writing(self.engine) as tx:
            if suppressed(tx, [key], self.digests):
                return Admitted.SUPPRESSED, None
            known = tx.execute(there).one_or_none()
            match known.state if known else SubscriptionState.PENDING:
                case SubscriptionState.UNSUBSCRIBED:
                    return Admitted.ENDED, None
                case SubscriptionState.ACTIVE | SubscriptionState.PAUSED:
                    return Admitted.THERE, one(tx, SubscriptionId(known.id)) if known else None
            done = confirm(tx, take_down(tx, asked, now), now, asked.network, welcomes, self.digests)
        return Admitted.NEW, done.subscription if done else None
