"""Many pieces of work at once, in threads that nobody has to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.excerpts import carried

T = TypeVar("T")
R = TypeVar("R")

_LOOK_EVERY = 0.1
_GRACE = 0.5


class Interrupted(BaseException):
    """The process is to stop.  Like KeyboardInterrupt no Exception, so that nothing takes it for a failure."""


def side_by_side(
    work: Callable[[T], R], items: Sequence[T], *, threads: int, stopping: threading.Event, grace: float = _GRACE
) -> list[R]:
    """What ``work`` makes of each item, in their order; up to so many at once.

    What it raises ends all, and is raised.  Once ``stopping`` is set, and after a KeyboardInterrupt, nothing more
    begins; what is under way has ``grace`` seconds to end and is then left alone, to end with the process: the threads
    are daemons.  Raises `Interrupted` where not all was done for that reason.
    """
    pile = _Pile(work, iter(enumerate(items)))
    for number in range(min(threads, len(items))):
        threading.Thread(target=carried(pile.work_off), name=f"side-by-side-{number}", daemon=True).start()
    try:
        while not pile.is_done(len(items)) and not stopping.is_set():
            pile.wait(_LOOK_EVERY)
    finally:
        pile.close()
        end = time.monotonic() + grace
        while pile.busy and time.monotonic() < end:
            pile.wait(_LOOK_EVERY)
    if pile.error is not None:
        raise pile.error
    if len(pile.made) < len(items):
        raise Interrupted
    return [pile.made[number] for number in range(len(items))]


@dataclass(slots=True)
class _Pile(Generic[T, R]):
    """What is to do, and what came of it."""

    job: Callable[[T], R]
    left: Iterator[tuple[int, T]]
    made: dict[int, R] = field(default_factory=dict)
    error: BaseException | None = None
    busy: int = 0
    _closed: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def work_off(self) -> None:
        while (taken := self._take()) is not None:
            number, item = taken
            try:
                made = self.job(item)
            except BaseException as error:  # noqa: BLE001  (raised again where all is waited for)
                with self._changed:
                    self.busy -= 1
                    self.error = self.error or error
                    self._closed = True
                    self._changed.notify_all()
                return
            with self._changed:
                self.busy -= 1
                self.made[number] = made
                if not self.busy:
                    self._changed.notify_all()

    def is_done(self, number: int) -> bool:
        with self._changed:
            return self.error is not None or len(self.made) == number

    def wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait(seconds)

    def close(self) -> None:
        with self._changed:
            self._closed = True

    def _take(self) -> tuple[int, T] | None:
        with self._changed:
            taken = None if self._closed else next(self.left, None)
            if taken is not None:
                self.busy += 1
            return taken
