"""Some of the audience, as an operator asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.audience import Subscription, SubscriptionState, SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Subscriptions for which all of this is so; what is absent doesn't matter.

    ``text`` is a part of the address or the name.  ``topic``: they get articles of it, because they chose it or
    everything.  ``language`` (BCP 47) takes in its regions, and those who left it to one of the newsletters
    ``speaking`` it.  They subscribed from ``since`` on and before ``before``; from ``active_since`` on they opened or
    clicked something, or changed what they chose, and since ``quiet_since`` they did none of it.  Times are aware.
    """

    newsletter: str | None = None
    state: SubscriptionState | None = None
    cadence: str | None = None
    topic: str | None = None
    language: str | None = None
    speaking: frozenset[str] = frozenset()
    text: str | None = None
    suppressed: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    active_since: datetime | None = None
    quiet_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A subscription as a list shows it: also why its address gets no mail, and when the person agreed."""

    subscription: Subscription
    suppressed: SuppressionReason | None
    agreed: datetime | None
