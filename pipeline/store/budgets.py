"""How providers stand, and what is booked on them: kept here so that all processes share it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from pipeline.deliver.lanes import Lane
from pipeline.domain.budget import Period, Window, windows
from pipeline.store.statements import insert_new
from pipeline.store.tables import budget, provider_standing

_KEPT = timedelta(days=3)
_KEY = [budget.c.provider, budget.c.domain, budget.c.period, budget.c.start]

_STANDING = select(provider_standing).where(provider_standing.c.provider.in_(bindparam("names", expanding=True)))
_WELL = (
    update(provider_standing)
    .where(provider_standing.c.provider == bindparam("name"), provider_standing.c.failures > 0)
    .values(failures=0, rests_until=None, trial_until=None, error="")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a lane stands.  ``windows`` carry what is used of them; ``warmed`` counts days of the warm-up gone by."""

    lane: Lane
    windows: tuple[Window, ...] = ()
    warmed: int = 0
    free_at: datetime | None = None
    failures: int = 0
    rests_until: datetime | None = None
    trial_until: datetime | None = None
    error: str = ""

    @property
    def opens(self) -> datetime | None:
        """When the next call may begin, None if nothing stands in its way."""
        closed = [window.end for window in self.windows if not window.left]
        trial = [self.trial_until] if self.failures else []
        return max((when for when in (self.free_at, self.rests_until, *trial, *closed) if when), default=None)

    def is_open(self, now: datetime) -> bool:
        return self.opens is None or self.opens <= now

    @property
    def most(self) -> int:
        """The most recipients of the next call."""
        burst = self.lane.budget.burst
        return min([self.lane.most, *([burst] if burst else []), *(window.left for window in self.windows)])


def standings(tx: Connection, lanes: Collection[Lane], now: datetime) -> Mapping[Lane, Standing]:
    """Where each of these lanes stands."""
    names = list({lane.provider for lane in lanes})
    rows = {row.provider: row for row in tx.execute(_STANDING, {"names": names})}
    found = {}
    for lane in lanes:
        warmed = _warmed(tx, lane, now) if lane.budget.warm_up else 0
        standing = Standing(lane=lane, windows=_used(tx, lane, warmed, now), warmed=warmed)
        if (row := rows.get(lane.provider)) is not None:
            standing = replace(
                standing,
                free_at=row.free_at if lane.budget.per_second is not None else None,
                failures=row.failures,
                rests_until=row.rests_until,
                trial_until=row.trial_until,
                error=row.error,
            )
        found[lane] = standing
    return found


def book(tx: Connection, lane: Lane, recipients: int, now: datetime, lease: timedelta) -> bool:
    """Book so many recipients, and the provider's one trial if it needs one.  False where there is no room.

    What is booked is used, whatever becomes of this process.  Where this is False, roll back.
    """
    row = tx.execute(_STANDING, {"names": [lane.provider]}).one_or_none()
    if row is not None and row.failures:
        trial = update(provider_standing).where(
            provider_standing.c.provider == lane.provider,
            or_(provider_standing.c.rests_until.is_(None), provider_standing.c.rests_until <= now),
            or_(
                provider_standing.c.failures == 0,
                provider_standing.c.trial_until.is_(None),
                provider_standing.c.trial_until <= now,
            ),
        )
        if tx.execute(trial.values(trial_until=now + lease)).rowcount != 1:
            return False
    rate = lane.budget.per_second
    if rate is not None and not _pace(tx, lane.provider, now, timedelta(seconds=recipients / rate)):
        return False
    if not lane.budget.counted:
        return True
    warmed = _warmed(tx, lane, now) if lane.budget.warm_up else 0
    return all(
        recipients <= window.limit and _count(tx, lane.provider, window, recipients)
        for window in windows(lane.budget, lane.domain, warmed, now)
    )


def give_back(tx: Connection, lane: Lane, recipients: int, booked_at: datetime) -> None:
    """Take a booking back: the provider surely did not accept them."""
    if not lane.budget.counted:
        return
    for window in windows(lane.budget, lane.domain, 0, booked_at):
        row = and_(
            budget.c.provider == lane.provider,
            budget.c.domain == window.domain,
            budget.c.period == window.period,
            budget.c.start == window.start,
            budget.c.used >= recipients,
        )
        tx.execute(update(budget).where(row).values(used=budget.c.used - recipients))


def rest(tx: Connection, provider: str, submitted_at: datetime, until: datetime, error: str) -> None:
    """Let a provider rest that was not available.  Calls that were under way together count as one failure."""
    values = {"provider": provider, "failures": 1, "rests_until": until, "error": error}
    known = provider_standing.c.rests_until
    again = and_(provider_standing.c.failures > 0, known > submitted_at)
    fresh = insert_new(tx, provider_standing).values(values)
    after = {**values, "failures": provider_standing.c.failures + 1, "trial_until": None}
    tx.execute(fresh.on_conflict_do_update(index_elements=["provider"], set_=after, where=func.coalesce(~again, True)))


def answered(tx: Connection, provider: str) -> None:
    """A provider answered as it should: it needs no rest."""
    tx.execute(_WELL, {"name": provider})


def end_trials(tx: Connection, providers: Collection[str]) -> None:
    """Let somebody else try these providers: whoever was about to has died."""
    theirs = and_(provider_standing.c.provider.in_(providers), provider_standing.c.trial_until.is_not(None))
    tx.execute(update(provider_standing).where(theirs).values(trial_until=None))


def forget(tx: Connection, now: datetime) -> None:
    """Drop the counts of hours and days that are long over; a warm-up's are what it goes by."""
    over = and_(budget.c.period != Period.WARM_UP, budget.c.start < now - _KEPT)
    tx.execute(delete(budget).where(over))


def _warmed(tx: Connection, lane: Lane, now: datetime) -> int:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = select(func.count()).where(
        budget.c.provider == lane.provider,
        budget.c.domain == lane.domain,
        budget.c.period == Period.WARM_UP,
        budget.c.start < today,
        budget.c.used > 0,
    )
    return int(tx.execute(days).scalar_one())


def _used(tx: Connection, lane: Lane, warmed: int, now: datetime) -> tuple[Window, ...]:
    current = windows(lane.budget, lane.domain, warmed, now)
    if not current:
        return ()
    query = select(budget.c.domain, budget.c.period, budget.c.start, budget.c.used).where(
        budget.c.provider == lane.provider, budget.c.start.in_({window.start for window in current})
    )
    used = {(domain, period, start): many for domain, period, start, many in tx.execute(query)}
    return tuple(
        replace(window, used=used.get((window.domain, window.period.value, window.start), 0)) for window in current
    )


def _count(tx: Connection, provider: str, window: Window, recipients: int) -> bool:
    values = {
        "provider": provider,
        "domain": window.domain,
        "period": window.period,
        "start": window.start,
        "used": recipients,
    }
    more = insert_new(tx, budget).values(values)
    more = more.on_conflict_do_update(
        index_elements=_KEY,
        set_={"used": budget.c.used + recipients},
        where=budget.c.used + recipients <= window.limit,
    )
    # Not by the row count: PostgreSQL's driver is asked for none after an INSERT.
    return tx.execute(more.returning(budget.c.used)).first() is not None


def _pace(tx: Connection, provider: str, now: datetime, lasts: timedelta) -> bool:
    paced = insert_new(tx, provider_standing).values(provider=provider, free_at=now + lasts)
    free = or_(provider_standing.c.free_at.is_(None), provider_standing.c.free_at <= now)
    paced = paced.on_conflict_do_update(index_elements=["provider"], set_={"free_at": now + lasts}, where=free)
    return tx.execute(paced.returning(provider_standing.c.provider)).first() is not None
