"""Ctrl-C and SIGTERM while a pass is under way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

_TERMINATED = 143


class Terminated(SystemExit):
    """SIGTERM came.  The code is what shells give for it."""

    def __init__(self) -> None:
        super().__init__(_TERMINATED)


@contextmanager
def stoppable(stopping: threading.Event) -> Iterator[None]:
    """Within this block each of them sets ``stopping``, so that nothing more begins, and raises its exception."""

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    with ExitStack() as stack:
        # Only the main thread gets signals; elsewhere (in tests) there is nothing to prepare.
        if threading.current_thread() is threading.main_thread():
            for name in (signal.SIGINT, signal.SIGTERM):
                stack.callback(signal.signal, name, signal.signal(name, stop))
        yield
