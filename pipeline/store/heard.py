"""When each provider was last handed something, and when something was last heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from pipeline.store.tables import batch, event


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """``submitted`` is the last call that was made; ``heard`` the newest event that is kept.  Aware, UTC."""

    submitted: datetime | None = None
    heard: datetime | None = None


def heard_of(tx: Connection) -> Mapping[str, Heard]:
    """By provider."""
    called = select(batch.c.provider, func.max(batch.c.submitted_at)).where(batch.c.provider.is_not(None))
    submitted: dict[str, datetime] = dict(tx.execute(called.group_by(batch.c.provider)).all())
    newest = select(func.max(event.c.id)).group_by(event.c.provider)
    told = select(event.c.provider, event.c.at).where(event.c.id.in_(newest))
    heard: dict[str, datetime] = dict(tx.execute(told).all())
    return {name: Heard(submitted=submitted.get(name), heard=heard.get(name)) for name in sorted({*submitted, *heard})}
