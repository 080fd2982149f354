"""Reading what was fetched, apart from fetching it.

Many threads fetch, for they mostly wait.  Were they to parse and clean as well, each would keep the memory that its
largest document took (the allocator has a heap for each), and all would contend for the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_READERS = 3
"""More than one, so that a document that takes long does not hold up the others."""


def apart(work: Callable[[], T]) -> T:
    """What ``work`` gives or raises, done by one of the few threads that read."""
    done: Future[T] = Future()
    _desk().put((work, done))
    return done.result()


@cache
def _desk() -> SimpleQueue[tuple[Callable[[], Any], Future[Any]]]:
    """Where the readers take their work from; they are daemons, so that none holds up the end of the process."""
    desk: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
    for number in range(_READERS):
        Thread(target=_read, args=(desk,), name=f"read-{number}", daemon=True).start()
    return desk


def _read(desk: SimpleQueue[tuple[Callable[[], Any], Future[Any]]]) -> None:
    while True:
        work, done = desk.get()
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)
        # Not kept until the next one comes.
        del work, done
