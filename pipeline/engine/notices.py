"""Sign-ups are decided on, and people told about their subscriptions, beside the mail of issues."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread

import structlog

from pipeline.app import App
from pipeline.deliver.ledger import HeldBatch
from pipeline.errors import InstanceFenced, PipelineError, Problem

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 30.0
_TIDY_EVERY = 10
_GIVEN_UP = "mail-given-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told to people: ``mailed`` are notices that were accepted, by newsletter."""

    mailed: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def deliver_notices(app: App, stopping: Event, *, tidy: bool = True) -> Told:
    """Decide on what was taken down, and hand over what follows from it.  Problems are those that an operator can mend.

    What waits or is in doubt stays so for the next time; nobody waits for it here.  ``tidy`` also lets pauses end, and
    forgets what is over.
    """
    try:
        app.store.fence.check()
        if tidy:
            app.reception.tidy_up()
        while not stopping.is_set() and app.reception.decide_sign_ups():
            pass
        problems: list[Problem] = []
        while not stopping.is_set() and app.store.notices.unrendered():
            problems = app.reception.render_notices()
            if problems:
                break  # they stay unrendered
        if not app.store.notices.is_unsettled() or app.store.standstills.now() is not None:
            return Told(problems=tuple(problems))
        desk, submitted = app.notice_desk(), list[uuid.UUID]()

        def tell(held: HeldBatch, failure: str) -> None:
            submitted.append(held.id)
            tell_first(held, failure)

        tell_first, desk.tell = desk.tell, tell
        desk.resolve_doubts()
        while not stopping.is_set() and desk.submit_next():
            pass
    except InstanceFenced:
        return Told()  # the mail of issues says so
    except PipelineError as error:
        return Told(problems=(error.problem,))
    return Told(mailed=app.store.notices.accepted(submitted), problems=(*problems, *map(_as_notice, desk.problems)))


def _as_notice(problem: Problem) -> Problem:
    """What the desk says of an issue, said of a notice."""
    if problem.code != _GIVEN_UP:
        return problem
    mend = "Whoever waited for the message can ask for it again."
    return Problem(code="notice-given-up", where="message about a subscription", what=problem.what, mend=mend)


class NoticeLoop:
    """A thread that does this when it is woken, and twice a minute: who has just signed up waits for the mail."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stopping = Event()
        self._wake = Event()
        self._problems: frozenset[Problem] = frozenset()
        self._thread = Thread(target=self._run, name="notices")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; return when the calls under way have come to an end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        for turn in count():
            if self._stopping.is_set():
                return
            try:
                self._say(deliver_notices(self._app, self._stopping, tidy=turn % _TIDY_EVERY == 0).problems)
            except Exception:  # the thread goes on: it tries again in a moment, and the log says what went wrong
                log.exception("delivering notices failed")
            self._wake.wait(_EVERY_SECONDS)
            self._wake.clear()

    def _say(self, problems: Iterable[Problem]) -> None:
        """What stands as it stood a moment ago is no news."""
        found = frozenset(problems)
        for problem in found - self._problems:
            log.warning(problem.what, code=problem.code, where=problem.where, mend=problem.mend)
        self._problems = found
