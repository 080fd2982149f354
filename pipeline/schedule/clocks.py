"""Jumps of the wall clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_TOLERANCE = timedelta(seconds=2)


@dataclass(slots=True)
class ClockWatch:
    """Compares the wall clock with the monotonic one; the difference changes only when the wall clock is set.

    On Linux the monotonic clock stands still while the machine sleeps, so that a sleep is a jump forward as well.
    """

    tolerance: timedelta = _TOLERANCE
    _offset: timedelta | None = field(default=None, init=False)

    def observe(self, wall: datetime, monotonic: float) -> timedelta:
        """How far the wall clock was set since the last call: zero if by no more than the tolerance.

        Slow corrections add up unnoticed only within the tolerance: it is measured from the last jump.
        """
        offset = wall - datetime.fromtimestamp(0, wall.tzinfo) - timedelta(seconds=monotonic)
        if self._offset is None:
            self._offset = offset
        jump = offset - self._offset
        if abs(jump) <= self.tolerance:
            return timedelta()
        self._offset = offset
        return jump
