"""How often somebody may ask: token buckets in the memory of one process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Throttle:
    """``burst`` requests at once for each key, and ``per_second`` in the long run.  Thread-safe.

    Of at most ``kept`` keys is known how often they asked; the one that asked longest ago is forgotten first.
    ``stopwatch`` gives seconds that only move forward.
    """

    burst: float
    per_second: float
    kept: int = 10_000
    stopwatch: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, key: str) -> int:
        """0 where the request may go ahead (it is counted then); else after how many whole seconds it may."""
        now = self.stopwatch()
        with self._lock:
            left, since = self._left.pop(key, (self.burst, now))
            left = min(self.burst, left + (now - since) * self.per_second)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            if len(self._left) > self.kept:
                self._left.popitem(last=False)
        return 0 if allowed else math.ceil((1 - left) / self.per_second)
