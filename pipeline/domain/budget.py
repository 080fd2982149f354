"""What a provider may be given: so many recipients a second, an hour, a day; and fewer while a domain warms up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_HORIZON = timedelta(days=3 * 365)


class Period(StrEnum):
    """What recipients are counted in.  Hours and days are those of UTC."""

    HOUR = "hour"
    DAY = "day"
    WARM_UP = "warm-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Recipients; None: no limit.

    ``warm_up`` are the limits of the first days on which a sender domain is mailed from; after the last there is none.
    """

    per_second: float | None = None
    per_hour: int | None = None
    per_day: int | None = None
    warm_up: tuple[int, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether recipients have to be counted."""
        return self.per_hour is not None or self.per_day is not None or bool(self.warm_up)

    @property
    def burst(self) -> int | None:
        """The most recipients at once: what a second allows, but one."""
        return None if self.per_second is None else max(1, int(self.per_second))


@dataclass(frozen=True, slots=True)
class Window:
    """An hour or a day with its limit.  ``domain`` is the sender's for a warm-up, else empty."""

    period: Period
    domain: str
    start: datetime
    limit: int
    used: int = 0

    @property
    def end(self) -> datetime:
        return self.start + (_HOUR if self.period is Period.HOUR else _DAY)

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def windows(budget: Budget, domain: str, warmed: int, now: datetime) -> tuple[Window, ...]:
    """The windows that ``now`` falls into, unused.  ``warmed`` counts the days before on which the domain was used."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    found = []
    if budget.per_hour is not None:
        found.append(Window(Period.HOUR, "", hour, budget.per_hour))
    if budget.per_day is not None:
        found.append(Window(Period.DAY, "", day, budget.per_day))
    if warmed < len(budget.warm_up):
        found.append(Window(Period.WARM_UP, domain, day, budget.warm_up[warmed]))
    return tuple(found)


def forecast(recipients: int, budget: Budget, current: Sequence[Window], warmed: int, now: datetime) -> datetime | None:
    """When the last of so many recipients can be handed over, if nothing else uses the budget.

    ``current`` are the windows at ``now`` with what is used of them.  None if that would take years.
    """
    used = {(window.period, window.start): window.used for window in current}
    at, left = now, recipients
    while left and at - now < _HORIZON:
        here = windows(budget, "", warmed, at)
        end = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        room = [window.limit - used.get((window.period, window.start), 0) for window in here]
        if budget.per_second is not None:
            room.append(int(budget.per_second * (end - at).total_seconds()))
        taken = min([left, *(max(0, one) for one in room)])
        left -= taken
        if not left:
            return at + timedelta(seconds=taken / budget.per_second) if budget.per_second is not None else at
        for window in here:
            used[window.period, window.start] = used.get((window.period, window.start), 0) + taken
        if end.hour == 0:
            day = end - _DAY
            warmed += any(period is Period.WARM_UP and start == day and many for (period, start), many in used.items())
        at = end
    return None if left else now
