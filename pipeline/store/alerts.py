"""Alerts: what is wrong now, and who was told of it.  Several processes may look and tell at once.

To tell of an alert is promised before it is done, for a while: where a process dies in between, it is told of again.
Other than with a newsletter, twice is better than never.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)

from pipeline.domain.alert import CALM, Alert, Cause, Standing, patience
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import alert, alert_told
from pipeline.store.types import UtcTime

_KEY = ("cause", "subject", "host")
_LOST = timedelta(days=1)
"""A machine that has said nothing for so long has no disk that could be full."""

_KEPT = timedelta(days=7)
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """The alerts of one store."""

    engine: Engine

    def settle(self, found: Sequence[Alert], judged: Collection[Cause], host: str, now: datetime) -> None:
        """Write down what is wrong now; what of the ``judged`` causes has not been found for a while is over.

        What another machine has for itself is that one's to say.
        """
        with reading(self.engine) as tx:
            if not found and not tx.execute(select(exists(select(alert.c.cause)))).scalar_one():
                return
        with writing(self.engine) as tx:
            if rows := {one.key: _row(one, now) for one in found}:
                _see(tx, list(rows.values()), now)
            calm = and_(alert.c.cause.in_(judged), alert.c.host.in_(("", host)), alert.c.seen_at <= now - CALM)
            lost = and_(alert.c.host.not_in(("", host)), alert.c.seen_at <= now - _LOST)
            tx.execute(update(alert).where(alert.c.over_at.is_(None), or_(calm, lost)).values(over_at=now))
            tx.execute(delete(alert).where(alert.c.over_at <= now - _KEPT))
            there = exists(select(alert.c.cause).where(_same()))
            tx.execute(delete(alert_told).where(~there))

    def on(self) -> Sequence[Standing]:
        """What is wrong, the oldest first."""
        query = select(alert).where(alert.c.over_at.is_(None)).order_by(alert.c.since, *_columns())
        with reading(self.engine) as tx:
            return [_standing(row) for row in tx.execute(query)]

    def take(
        self, way: str, causes: Collection[Cause], now: datetime, repeat: timedelta, lease: timedelta
    ) -> Sequence[Standing]:
        """What is to be told on a way now, promised to the caller for ``lease``: nobody else gets it meanwhile.

        That is what began, of these causes; what is still on, ``repeat`` after it was told of last; and what is over
        that was told of.
        """
        told = alert_told
        again = or_(told.c.told_of.is_(None), told.c.told_of != alert.c.since, told.c.told_at <= now - repeat)
        on = and_(alert.c.over_at.is_(None), alert.c.cause.in_(causes), alert.c.tell_from <= now, again)
        over = and_(alert.c.over_at.is_not(None), told.c.told_of == alert.c.since, ~told.c.told_over)
        free = or_(told.c.not_before.is_(None), told.c.not_before <= now)
        until = literal(now + lease, UtcTime())
        due = (
            select(*_columns(), literal(way), told.c.told_of, told.c.told_at, until)
            .select_from(alert.outerjoin(told, and_(_same(), told.c.way == way)))
            .where(or_(on, over), free)
        )
        with reading(self.engine) as tx:
            if tx.execute(due.limit(1)).first() is None:
                return []
        with writing(self.engine) as tx:
            promised = insert_new(tx, told).from_select([*_KEY, "way", "told_of", "told_at", "not_before"], due)
            # Somebody who looked at the same moment may have told of it before this comes to its row.
            unchanged = told.c.told_at.is_not_distinct_from(promised.excluded.told_at)
            promised = promised.on_conflict_do_update(
                index_elements=[*_KEY, "way"], set_={"not_before": now + lease}, where=and_(free, unchanged)
            )
            mine = {tuple(row) for row in tx.execute(promised.returning(*(told.c[name] for name in _KEY)))}
            if not mine:
                return []
            query = select(alert, told.c.failures).join(told, and_(_same(), told.c.way == way))
            rows = tx.execute(query.order_by(alert.c.since, *_columns())).all()
        return [_standing(row, row.failures) for row in rows if (row.cause, row.subject, row.host) in mine]

    def told(self, way: str, those: Sequence[Standing], now: datetime) -> None:
        """They were told of."""
        self._change(
            way,
            [{"of": one.since, "is_over": one.over is not None, **_named(one.alert)} for one in those],
            told_of=bindparam("of"),
            told_over=bindparam("is_over"),
            told_at=now,
            not_before=None,
            failures=0,
        )

    def untold(self, way: str, those: Sequence[Standing], until: datetime) -> None:
        """They could not be told of; the next try is then."""
        values = [_named(one.alert) for one in those]
        self._change(way, values, failures=alert_told.c.failures + 1, not_before=until)

    def _change(self, way: str, those: list[dict[str, Any]], **values: Any) -> None:  # noqa: ANN401  (column values)
        mine = [alert_told.c[name] == bindparam(f"its_{name}") for name in _KEY]
        with writing(self.engine) as tx:
            tx.execute(update(alert_told).where(alert_told.c.way == way, *mine).values(**values), those)


def _columns() -> list[ColumnElement[Any]]:
    return [alert.c[name] for name in _KEY]


def _same() -> ColumnElement[bool]:
    return and_(*(alert.c[name] == alert_told.c[name] for name in _KEY))


def _named(one: Alert) -> dict[str, Any]:
    return {f"its_{name}": value for name, value in zip(_KEY, one.key, strict=True)}


def _row(one: Alert, now: datetime) -> dict[str, Any]:
    return {
        "cause": one.cause,
        "subject": one.subject[:_LONGEST],
        "host": one.host[:_LONGEST],
        "what": one.what,
        "mend": one.mend,
        "since": now,
        "tell_from": now + patience(one.cause),
        "seen_at": now,
    }


def _see(tx: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    seen = insert_new(tx, alert).values(rows)
    fresh = alert.c.over_at.is_not(None)
    after = {
        "what": seen.excluded.what,
        "mend": seen.excluded.mend,
        "since": case((fresh, seen.excluded.since), else_=alert.c.since),
        "tell_from": case((fresh, seen.excluded.tell_from), else_=alert.c.tell_from),
        "seen_at": now,
        "over_at": None,
    }
    tx.execute(seen.on_conflict_do_update(index_elements=[*_KEY], set_=after))


def _standing(row: Row[Any], failures: int = 0) -> Standing:
    about = Alert(cause=Cause(row.cause), subject=row.subject, host=row.host, what=row.what, mend=row.mend)
    return Standing(alert=about, since=row.since, over=row.over_at, failures=failures)
