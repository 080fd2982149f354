"""What the audience stage needs of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.domain.audience import NewSubscriber, Subscription, SubscriptionId


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What an import did: each person counts once.

    ``existing`` had a subscription to the newsletter, in whatever state, and keep it as it is.  ``suppressed``
    addresses get no mail and were left out.  ``ended``, ``barred`` and ``unconfirmed`` are those who stood so in the
    list (see `pipeline.domain.audience.ImportFate`).
    """

    new: int = 0
    existing: int = 0
    suppressed: int = 0
    ended: int = 0
    barred: int = 0
    unconfirmed: int = 0


class SubscriptionStore(Protocol):
    """Single subscriptions, as the links in a mail name them."""

    def subscription(self, id_: SubscriptionId) -> Subscription | None:
        """The subscription, None if there is none (any more)."""
        ...

    def unsubscribe(
        self, id_: SubscriptionId, now: datetime, how: str, *, goodbyes: Collection[str] = ()
    ) -> Subscription | None:
        """End it and return it as it is now.  One that has ended already stays as it ended; None if there is none.

        Newsletters among ``goodbyes`` confirm it by mail.
        """
        ...

    def resubscribe(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        """Make one that was ended active again and return it as it is now; None if there is none.

        One whose address is suppressed stays ended, and one that was never confirmed becomes pending.
        """
        ...


class ImportStore(Protocol):
    """Many subscribers at once."""

    def add_subscribers(
        self,
        people: Iterable[NewSubscriber],
        newsletter: str,
        cadence: str,
        *,
        confirmed: bool,
        now: datetime,
        consent: str = "",
    ) -> ImportCounts:
        """Subscribe them by the rule of `pipeline.domain.audience.import_fate`, some thousand in a transaction.

        ``people`` is read once, as a stream.  New subscriptions are active if ``confirmed``, else pending.  ``consent``
        are the words on what they agreed to, and how that can be shown.
        """
        ...
