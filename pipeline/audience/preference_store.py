"""What the preferences page needs of the store, beside `pipeline.audience.store.SubscriptionStore`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NewType, Protocol

from pipeline.domain.audience import Choice, Subscription, SubscriptionId

PrivateFeedId = NewType("PrivateFeedId", int)


class LessStore(Protocol):
    """What gives less mail than before."""

    def choose(self, id_: SubscriptionId, choice: Choice, now: datetime) -> Subscription | None:
        """Change what a person chose, from the next issue on; None if there is none."""
        ...

    def pause(self, id_: SubscriptionId, until: datetime, now: datetime) -> Subscription | None:
        """Mail nothing until then; an ended subscription stays ended."""
        ...


class PreferenceStore(LessStore, Protocol):
    """What else a person may do about a subscription and about themselves.  None where there is no subscription."""

    def track(self, id_: SubscriptionId, *, untracked: bool) -> None:
        """Count what their person opens and clicks, or don't, whichever newsletter it is."""
        ...

    def rename(self, id_: SubscriptionId, name: str, now: datetime) -> Subscription | None: ...

    def resume(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        """Let a paused one go on, with what comes from now on."""
        ...

    def private_feed(self, id_: SubscriptionId) -> PrivateFeedId | None: ...

    def open_feed(self, id_: SubscriptionId, now: datetime) -> PrivateFeedId | None:
        """The subscription's feed, made if it has none."""
        ...

    def close_feed(self, id_: SubscriptionId) -> None:
        """Its address works no more, and never will again."""
        ...

    def subscription_of_feed(self, feed: PrivateFeedId) -> Subscription | None: ...

    def everything(self, id_: SubscriptionId) -> Mapping[str, Any] | None:
        """All that is known of the person, as JSON has it."""
        ...

    def erase(self, id_: SubscriptionId, now: datetime) -> bool:
        """Delete all that is known of the person, but that their address is not to be mailed."""
        ...
