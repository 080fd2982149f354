"""The hold on all mailing: one for the whole store, whatever processes and machines work on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select, update

from pipeline.domain.ledger import BatchState
from pipeline.domain.standstill import Standstill
from pipeline.store.database import reading, writing
from pipeline.store.tables import batch, instance, notice

_HELD = select(instance.c.held_since, instance.c.held_reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstills:
    """Puts mailing on hold, and lets it go on.  See `Fence.raise_` for what keeps to it."""

    engine: Engine

    def now(self) -> Standstill | None:
        """The hold that there is."""
        with reading(self.engine) as tx:
            return standstill(tx)

    def begin(self, reason: str, now: datetime) -> Standstill | None:
        """Put mailing on hold.  None if it was already; then only the reason is taken over, if there is one.

        When this returns no call of a provider begins any more; see `under_way` for those that began before.
        """
        with writing(self.engine) as tx:
            fresh = update(instance).where(instance.c.held_since.is_(None))
            if tx.execute(fresh.values(held_since=now, held_reason=reason)).rowcount:
                return Standstill(since=now, reason=reason)
            if reason:
                tx.execute(update(instance).values(held_reason=reason))
        return None

    def end(self) -> Standstill | None:
        """Let mailing go on; returns the hold that there was."""
        with writing(self.engine) as tx:
            was = standstill(tx)
            tx.execute(update(instance).values(held_since=None, held_reason=""))
        return was

    def under_way(self) -> int:
        """How many calls of providers have begun and not ended, as far as the ledger knows."""
        with reading(self.engine) as tx:
            counts = [
                tx.execute(select(func.count()).where(table.c.state == BatchState.SUBMITTING)).scalar_one()
                for table in (batch, notice)
            ]
        return sum(counts)


def standstill(tx: Connection) -> Standstill | None:
    """The hold that there is."""
    row = tx.execute(_HELD).one_or_none()
    return None if row is None or row.held_since is None else Standstill(since=row.held_since, reason=row.held_reason)
