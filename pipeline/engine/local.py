"""Steps carried out by the threads of this process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from threading import Event, Lock

from pipeline.app import App
from pipeline.collect.collect import Collected
from pipeline.deliver.dispatch import Desk
from pipeline.domain.ledger import IssueId
from pipeline.engine.books import wrong_books
from pipeline.engine.due import forgotten_subscriptions, freeze_due
from pipeline.engine.notices import deliver_notices
from pipeline.engine.pictures import PATIENCE as PICTURE_PATIENCE
from pipeline.engine.pictures import pictures_meanwhile
from pipeline.engine.progress import Progress, Quiet
from pipeline.engine.report import Report, total
from pipeline.engine.saved_plans import review_plans
from pipeline.engine.side_by_side import side_by_side
from pipeline.engine.waiting import held_note, waiting_issues
from pipeline.engine.websub import tell_of_changes
from pipeline.errors import InstanceFenced, PipelineError, Problem
from pipeline.excerpts import carried
from pipeline.publish.published import Published

PATIENCE = timedelta(seconds=60)
"""How long a pass waits for a provider that asked to be tried later, before it leaves the rest to the next pass."""

# They mostly wait for others' servers: more threads than cores, and few enough that the largest answers fit in memory.
_SOURCES_AT_ONCE = 24
_CALLS_AT_ONCE = 4
_SHORTEST_NAP = 0.05
_COLLECTIONS = (50_000, 10, 10)


@dataclass(slots=True)
class LocalEngine:
    """Carries out steps here.

    ``patience`` is how long a pass waits for batches that can't be submitted yet while none can.  ``stopping`` ends a
    pass after the calls that are under way.
    """

    app: App
    progress: Progress = field(default_factory=Quiet)
    patience: timedelta = PATIENCE
    stopping: Event = field(default_factory=Event)
    _mailing: Lock = field(default_factory=Lock)

    def run(self) -> Report:
        """One pass: collect, publish, mail what is due."""
        self.app.bury_the_dead()
        self.app.run_book.tidy(self.app.settings.runs.keep)
        collected = self.collect_due([source.name for source in self.app.settings.sources])
        # Before mail: who has bounced or complained in the meantime gets none.
        unheard = self.app.hearing.listen(self.stopping)
        notices = deliver_notices(self.app, self.stopping)
        with pictures_meanwhile(self.app) as copying:
            published = self.publish([feed.name for feed in self.app.settings.feeds])
            # Mail doesn't wait for a hub, and no hub for mail.
            with ThreadPoolExecutor(1, thread_name_prefix="tell") as pool:
                telling = pool.submit(carried(tell_of_changes), self.app, self.stopping)
                copying.wait(PICTURE_PATIENCE)
                mailed = self.mail()
                told = telling.result()
        forgotten = forgotten_subscriptions(self.app)
        return Report(
            collected=collected.collected,
            written=published.written,
            removed=published.removed,
            untouched=published.untouched,
            issues=mailed.issues,
            notices=notices.mailed,
            notes=(*mailed.notes, *collected.notes),
            problems=(
                *collected.problems,
                *unheard,
                *notices.problems,
                *published.problems,
                *copying.problems,
                *told,
                *mailed.problems,
                *forgotten,
            ),
        )

    def collect_due(self, sources: Sequence[str]) -> Report:
        """Collect those of these sources that are due, and release what has settled."""
        agenda = self.app.due_sources(sources)
        report = self.collect(agenda.due)
        return replace(report, notes=(*report.notes, *agenda.remarks))

    def collect(self, sources: Sequence[str]) -> Report:
        """Collect these sources, due or not, several at once, and release what has settled.

        Raises `Interrupted` where ``stopping`` is set meanwhile: what has answered by then is recorded.
        """
        self.progress.stage("collect", len(sources))
        workers = max(1, min(_SOURCES_AT_ONCE, len(sources)))
        with self.app.tracing.span("collect"), self.app.collecting() as collect:
            work, turns = partial(self._collect_one, collect), self.app.in_turns(sources)
            parts = side_by_side(work, turns, threads=workers, stopping=self.stopping)
        self.app.release()
        collected = total(parts)
        return Report(collected=collected, problems=collected.problems, notes=collected.notes)

    def publish(self, feeds: Sequence[str]) -> Report:
        """Bring these feeds up to date, and the pages around them."""
        with self.app.tracing.span("publish"):
            return self._publish(feeds)

    def _publish(self, feeds: Sequence[str]) -> Report:
        self.progress.stage("publish", len(feeds) + 1)
        published = Published()
        for name in feeds:
            published += self.app.publish_feed(name)
            self.progress.advance(name)
        published += self.app.publish_pages()
        self.progress.advance("pages")
        return Report(
            written=published.written,
            removed=published.removed,
            untouched=len(published.untouched),
            problems=published.problems,
        )

    def publish_and_tell(self, feeds: Sequence[str]) -> Report:
        """Publish, and tell the hub of what changed (or be the hub)."""
        self.app.bury_the_dead()
        report = self.publish(feeds)
        return replace(report, problems=(*report.problems, *tell_of_changes(self.app, self.stopping)))

    def mail(self, frozen: Iterable[IssueId] | None = None) -> Report:
        """Freeze what is due (or take what a person froze), and hand over everything that is open."""
        with self._mailing, self.app.tracing.span("mail"):
            try:
                return self._mail(frozen)
            except InstanceFenced as error:
                return Report(problems=(error.problem,))

    def _collect_one(self, collect: Callable[[str], Collected], name: str) -> Collected:
        try:
            return collect(name)
        except PipelineError as error:
            return Collected(problems=(error.problem,))
        except Exception as error:  # noqa: BLE001  (one bad source never costs the run)
            what = f"failed unexpectedly: {type(error).__name__}: {error}"
            mend = "The other sources were collected. Please report this as a bug."
            return Collected(problems=(Problem(code="source-failed", where=f"source {name}", what=what, mend=mend),))
        finally:
            self.progress.advance(name)

    def _mail(self, frozen: Iterable[IssueId] | None) -> Report:
        app = self.app
        app.store.fence.check()
        if (held := app.store.standstills.now()) is not None:
            # Slots wait too: what becomes of each is worked out when mailing goes on, by how late it is then.
            return Report(notes=(held_note(held, app.settings.site.timezone),))
        new = list(freeze_due(app) if frozen is None else frozen)
        over = review_plans(app)
        open_ = app.store.issues.open_issues()
        if not open_:
            return Report(issues=tuple(app.store.issues.shown(new)) if new else (), notes=tuple(over))
        problems = [problem for issue in open_ for problem in app.render_issue(issue)]
        desk = app.desk()
        app.review_canaries()
        desk.resolve_doubts()
        self.progress.stage("mail", None)
        hand_over(desk, patience=self.patience, stopping=self.stopping, handed=lambda: self.progress.advance("batch"))
        doubts = desk.resolve_doubts()
        app.review_canaries()
        app.store.issues.finish(app.clock())
        shown = app.store.issues.shown([*new, *(issue for issue in open_ if issue not in new)])
        waiting, notes = waiting_issues(app, [issue for issue in shown if issue.books.to_do])
        wrong = wrong_books(app, [issue.id for issue in shown])
        found = (*problems, *desk.problems, *doubts, *waiting, *wrong)
        return Report(issues=tuple(shown), notes=(*over, *notes), problems=found)


def hand_over(
    desk: Desk,
    *,
    patience: timedelta = PATIENCE,
    stopping: Event | None = None,
    handed: Callable[[], None] = lambda: None,
) -> None:
    """Hand over batches, several at once, until none is left or those that wait would take too long.

    ``patience`` is how long to wait while none can be handed over; ``stopping`` ends it after the calls under way.
    """
    stop = stopping or Event()

    def drain() -> int:
        count = 0
        while not stop.is_set() and desk.submit_next():
            handed()
            count += 1
        return count

    with _seldom_collected(), ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="deliver") as pool:
        end = desk.clock() + patience
        while not stop.is_set():
            drained = [done.result() for done in [pool.submit(carried(drain)) for _ in range(_CALLS_AT_ONCE)]]
            if any(drained):
                end = desk.clock() + patience
            due = desk.waits_until()
            if due is None or due > end or desk.clock() > end:
                return
            stop.wait(max((due - desk.clock()).total_seconds(), _SHORTEST_NAP))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """A batch is thousands of small records in no cycle: to look for cycles after every few takes a third of the time.

    The interpreter's setting, for as long as this lasts; where two overlap, the later one's may stay: that is harmless.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
