"""One job's calls, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

log = structlog.get_logger(__name__)


class Lane:
    """Calls an action for slots, never twice at once.

    A slot that comes up during a call is kept and follows it; of several the newest, which covers the others.  An
    action that raises is logged, and its lane goes on.
    """

    def __init__(self, name: str, action: Callable[[datetime], None]) -> None:
        self.name = name
        self._action = action
        self._lock = threading.Lock()
        self._waiting: datetime | None = None
        self._running = False
        self._closed = False

    def put(self, slot: datetime) -> None:
        """Have the action called for this slot by the next `run`, or by the one that is at it."""
        with self._lock:
            if not self._closed:
                self._waiting = slot

    def run(self) -> None:
        """Call the action until no slot waits; returns at once where another thread is at it."""
        with self._lock:
            if self._running:
                return
            self._running = True
        while (slot := self._take()) is not None:
            try:
                self._action(slot)
            except (Exception, SystemExit):  # no job ends the process
                log.exception("job failed", job=self.name, slot=slot.isoformat())

    def close(self) -> None:
        """Call the action no more; a call that is under way ends by itself."""
        with self._lock:
            self._closed = True
            self._waiting = None

    def _take(self) -> datetime | None:
        with self._lock:
            slot, self._waiting = self._waiting, None
            if slot is None:
                self._running = False
            return slot
