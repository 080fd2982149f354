"""How far providers' logs and mailboxes have been read, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import event_poll


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """``read_until`` is how far it was read; ``error`` what went wrong the last time, since ``failing_since``."""

    read_until: datetime | None = None
    polled_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""

    def due(self, every: timedelta, now: datetime) -> bool:
        return self.polled_at is None or self.polled_at + every <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPolls:
    """Two processes may read at the same time: events are recorded once all the same."""

    engine: Engine

    def state(self, name: str) -> PollState:
        with reading(self.engine) as tx:
            row = tx.execute(select(event_poll).where(event_poll.c.name == name)).one_or_none()
        if row is None:
            return PollState()
        return PollState(
            read_until=row.read_until, polled_at=row.polled_at, failing_since=row.failing_since, error=row.error
        )

    def failing(self) -> Mapping[str, PollState]:
        """Those that can't be read at the moment."""
        with reading(self.engine) as tx:
            rows = tx.execute(select(event_poll).where(event_poll.c.failing_since.is_not(None))).all()
        return {row.name: PollState(failing_since=row.failing_since, error=row.error) for row in rows}

    def done(self, name: str, now: datetime, read_until: datetime | None = None) -> None:
        self._write(name, {"polled_at": now, "read_until": read_until, "failing_since": None, "error": ""})

    def failed(self, name: str, now: datetime, error: str) -> None:
        """What had been read stays; it is tried again at its time."""
        since = self.state(name).failing_since or now
        self._write(name, {"polled_at": now, "failing_since": since, "error": error[:500]})

    def _write(self, name: str, values: dict[str, object]) -> None:
        with writing(self.engine) as tx:
            made = insert_new(tx, event_poll).values(name=name, **values)
            tx.execute(made.on_conflict_do_update(index_elements=["name"], set_=values))
