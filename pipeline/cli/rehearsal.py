"""An import that only looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import NewSubscriber
from pipeline.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Counts what `pipeline.audience.store.ImportStore.add_subscribers` would do, and changes nothing."""

    store: Subscriptions

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
        del cadence, confirmed, now, consent
        return self.store.fates(people, newsletter)
