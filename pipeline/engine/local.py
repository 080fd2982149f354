"""Steps carried out by the threads of this process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Lock

from pipeline.app import App
from pipeline.collect.collect import Collected
from pipeline.deliver.dispatch import Desk
from pipeline.domain.ledger import IssueId
from pipeline.engine.due import freeze_due
from pipeline.engine.progress import Progress, Quiet
from pipeline.engine.report import Report, total
from pipeline.errors import InstanceFenced, PipelineError, Problem
from pipeline.publish.published import Published

PATIENCE = timedelta(seconds=60)
"""How long a pass waits for a provider that asked to be tried later, before it leaves the rest to the next pass."""

_SOURCES_AT_ONCE = 8
_CALLS_AT_ONCE = 4
_SHORTEST_NAP = 0.05


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
        collected = self.collect([source.name for source in self.app.settings.sources])
        published = self.publish([feed.name for feed in self.app.settings.feeds])
        mailed = self.mail()
        return Report(
            collected=collected.collected,
            written=published.written,
            removed=published.removed,
            untouched=published.untouched,
            issues=mailed.issues,
            notes=collected.notes,
            problems=(*collected.problems, *published.problems, *mailed.problems),
        )

    def collect(self, sources: Sequence[str]) -> Report:
        """Collect these sources, several at once, and release what has settled."""
        self.progress.stage("collect", len(sources))
        with ThreadPoolExecutor(_SOURCES_AT_ONCE, thread_name_prefix="collect") as pool:
            parts = list(pool.map(self._collect_one, sources))
        self.app.release()
        collected = total(parts)
        return Report(collected=collected, problems=collected.problems, notes=collected.notes)

    def publish(self, feeds: Sequence[str]) -> Report:
        """Bring these feeds up to date, and the pages around them."""
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

    def mail(self, frozen: Iterable[IssueId] | None = None) -> Report:
        """Freeze what is due (or take what a person froze), and hand over everything that is open."""
        with self._mailing:
            try:
                return self._mail(frozen)
            except InstanceFenced as error:
                return Report(problems=(error.problem,))

    def _collect_one(self, name: str) -> Collected:
        try:
            return self.app.collect_source(name)
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
        new = list(freeze_due(app) if frozen is None else frozen)
        open_ = app.store.issues.open_issues()
        if not open_:
            return Report(issues=tuple(app.store.issues.shown(new)) if new else ())
        app.store.fence.raise_()
        problems = [problem for issue in open_ for problem in app.render_issue(issue)]
        desk = app.desk()
        desk.resolve_doubts()
        self.progress.stage("mail", None)
        self._submit_all(desk)
        doubts = desk.resolve_doubts()
        app.store.issues.finish(app.clock())
        app.store.fence.raise_()
        shown = app.store.issues.shown([*new, *(issue for issue in open_ if issue not in new)])
        waiting = [
            Problem(
                code="mail-waiting",
                where=f"issue {issue.id}",
                what=f"{issue.books.to_do} deliveries of {issue.key.newsletter} are still to do.",
                mend="The next run goes on with them.",
            )
            for issue in shown
            if issue.books.to_do
        ]
        return Report(issues=tuple(shown), problems=(*problems, *desk.problems, *doubts, *waiting))

    def _submit_all(self, desk: Desk) -> None:
        """Hand over batches, several at once, until none is left or those that wait would take too long."""
        with ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="deliver") as pool:
            end = self.app.clock() + self.patience
            while not self.stopping.is_set():
                drained = [done.result() for done in [pool.submit(self._drain, desk) for _ in range(_CALLS_AT_ONCE)]]
                if any(drained):
                    end = self.app.clock() + self.patience
                due = desk.waits_until()
                if due is None or due > end or self.app.clock() > end:
                    return
                self.stopping.wait(max((due - self.app.clock()).total_seconds(), _SHORTEST_NAP))

    def _drain(self, desk: Desk) -> int:
        """Hand over batches until none can be taken; returns how many."""
        count = 0
        while not self.stopping.is_set() and desk.submit_next():
            self.progress.advance("batch")
            count += 1
        return count
