"""Work that few threads do for many.

Many threads fetch, for they mostly wait.  Were each to parse, clean and record as well, all would contend for the
interpreter, and each would keep the memory that its largest document took: the allocator has a heap for each thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Apart:
    """So many threads, begun when they are first needed.  As daemons they don't hold up the end of the process."""

    name: str
    threads: int
    _desk: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = field(default_factory=SimpleQueue)
    _begun: bool = False
    _beginning: Lock = field(default_factory=Lock)

    def __call__(self, work: Callable[[], T]) -> T:
        """What ``work`` gives or raises, done by one of them."""
        self._begin()
        done: Future[T] = Future()
        self._desk.put((work, done))
        return done.result()

    def _begin(self) -> None:
        with self._beginning:
            if not self._begun:
                self._begun = True
                for number in range(self.threads):
                    Thread(target=self._work, name=f"{self.name}-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            work, done = self._desk.get()
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                done.set_exception(error)
            # Nothing is kept until there is more to do.
            del work, done


READING = Apart("read", 3)
"""More than one thread, so that a document that takes long does not hold up the others."""

RECORDING = Apart("record", 1)
