"""Copies pictures beside all else: what is there when an issue is rendered, it carries; nothing waits for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from pipeline.app import App
from pipeline.collect.hosts import host_of
from pipeline.domain.polling import interleaved
from pipeline.engine.side_by_side import Interrupted, side_by_side
from pipeline.errors import PipelineError, Problem

log = structlog.get_logger(__name__)

PATIENCE = 20.0
"""For how many seconds a single pass waits for copies before it mails."""

_AT_ONCE = 4
_ROUND = 100
_EVERY_SECONDS = 60.0


def copy_pictures(app: App, stopping: Event) -> tuple[Problem, ...]:
    """Copy what is wanted, in rounds, until nothing is left that could be had now; remove what is no longer needed.

    Problems are those of this machine; a picture that can't be had is none.
    """
    pictures = app.picturing
    try:
        pictures.note()
        while not stopping.is_set() and (wanted := pictures.wanted(_ROUND)):
            by_name = {str(one.id): one for one in wanted}
            turns = interleaved(list(by_name), {name: host_of(one.url) for name, one in by_name.items()})
            side_by_side(lambda name: pictures.copy(by_name[name]), turns, threads=_AT_ONCE, stopping=stopping)  # noqa: B023
        pictures.clean()
    except Interrupted:
        return ()
    except PipelineError as error:
        return (error.problem,)
    except OSError as error:
        where = str(error.filename or app.settings.pictures.directory)
        what = f"The copies of pictures can't be written: {error.strerror or error}."
        mend = "Mail loads them from their sources until that is mended: see `directory` in [pictures]."
        return (Problem(code="pictures", where=where, what=what, mend=mend),)
    return ()


@contextmanager
def pictures_meanwhile(app: App) -> Iterator[Copying]:
    """Copy pictures beside what this block does, no longer than that."""
    copying = Copying(app, once=True)
    copying.start()
    try:
        yield copying
    finally:
        copying.stop()


class Copying:
    """A thread that copies pictures: once, or whenever it is woken and every minute."""

    def __init__(self, app: App, *, once: bool = False) -> None:
        self.problems: tuple[Problem, ...] = ()
        self._app = app
        self._once = once
        self._stopping = Event()
        self._wake = Event()
        self._thread = Thread(target=self._run, name="pictures", daemon=True)

    def start(self) -> None:
        if self._app.picturing.enabled:
            self._thread.start()

    def wake(self) -> None:
        """There may be new pictures."""
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Until a single pass has copied all that it can, or for so long."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def stop(self) -> None:
        """Begin nothing more; a fetch that is under way is left alone."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                problems = copy_pictures(self._app, self._stopping)
            except Exception:  # the thread goes on: it tries again in a minute, and the log says what went wrong
                log.exception("copying pictures failed")
            else:
                self._say(problems)
            if self._once:
                return
            self._wake.wait(_EVERY_SECONDS)
            self._wake.clear()

    def _say(self, problems: tuple[Problem, ...]) -> None:
        if problems != self.problems and not self._once:
            for problem in problems:
                log.warning(problem.what, code=problem.code, where=problem.where, mend=problem.mend)
        self.problems = problems
