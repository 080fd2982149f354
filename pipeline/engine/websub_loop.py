"""WebSub's work in a serving process: whenever there may be something to do, beside publishing and mailing."""

from __future__ import annotations

from threading import Event, Thread

import structlog

from pipeline.engine.websub import WebSubWork
from pipeline.errors import Problem

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 15.0
"""How soon is seen what another process noted, and what is to be tried again."""


class WebSubLoop:
    """A thread that does the work when it is woken, and every few seconds.

    A hub that is slow keeps nothing else waiting.
    """

    def __init__(self, work: WebSubWork) -> None:
        self._work = work
        self._published = Event()
        self._wake = Event()
        self._problems: tuple[Problem, ...] = ()
        self._thread = Thread(target=self._run, name="websub")

    def start(self) -> None:
        self._thread.start()

    def published(self) -> None:
        """Feeds were published: there may be changes."""
        self._published.set()
        self._wake.set()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; return when the calls under way have come to an end."""
        self._work.stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._work.stopping.is_set():
            try:
                self._once()
            except Exception:  # the thread goes on: it tries again in a moment, and the log says what went wrong
                log.exception("WebSub failed")
            self._wake.wait(_EVERY_SECONDS)
            self._wake.clear()

    def _once(self) -> None:
        if self._published.is_set():
            self._published.clear()
            try:
                self._work.note()
            except BaseException:
                self._published.set()
                raise
        problems = self._work.work()
        if problems != self._problems:
            self._problems = problems
            for problem in problems:
                log.warning(problem.what, code=problem.code, where=problem.where, mend=problem.mend)
