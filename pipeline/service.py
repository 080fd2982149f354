"""What goes on in a serving process beside the web: collecting, publishing, mailing, each at its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from pipeline import config
from pipeline.alerting.watch import Watch
from pipeline.app import App
from pipeline.app.run_book import RunUnderWay, started_by
from pipeline.cadence import latest_slot, slots_between
from pipeline.domain.run import RunOutcome, StartedBy
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.engine.local import LocalEngine
from pipeline.engine.notices import NoticeLoop
from pipeline.engine.pictures import Copying
from pipeline.engine.report import Report
from pipeline.engine.side_by_side import Interrupted
from pipeline.engine.websub import websub_work
from pipeline.engine.websub_loop import WebSubLoop
from pipeline.errors import PipelineError, Problem
from pipeline.publish.websub.asking import Asked
from pipeline.publish.websub.records import HubLimits
from pipeline.schedule.scheduler import Scheduler
from pipeline.schedule.watch import DirectoryWatch
from pipeline.web.site import Health

log = structlog.get_logger(__name__)

_EVERY_MINUTE = "* * * * *"
_EVERY_HOUR = "17 * * * *"
_JOB = "publish and mail"
_MOMENT = timedelta(microseconds=1)
_STANDS_STILL = 300.0
"""Seconds without a minute's tick after which the schedules are taken for dead."""


class Service:
    """What goes on in one serving process, by one configuration.

    Each source is collected at its own slots, a directory also when its files change.  What follows from that,
    publishing and mailing, is done by one thread that is woken by every collection and every minute, so that it never
    happens twice at once.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._engine = LocalEngine(app, stopping=self._stopping)
        self._scheduler = Scheduler()
        self._wake = threading.Event()
        self._changed = True
        self._last = Report()
        self._ticked = time.monotonic()
        self._held = False
        self._worker = threading.Thread(target=self._work, name="publish-and-mail")
        self._watch = DirectoryWatch(
            [
                (source.path, partial(self._collect_now, source))
                for source in app.settings.sources
                if isinstance(source, config.DirectorySource)
            ]
        )
        self._collecting = {source.name: threading.Lock() for source in app.settings.sources}
        self._pictures = Copying(app)
        self._alerts = Watch(app, certificates=True)
        self.notices = NoticeLoop(app)
        websub = websub_work(app)
        self._websub = WebSubLoop(websub) if websub else None

    def start(self) -> None:
        for source in self._app.settings.sources:
            if isinstance(source, config.PushSource):
                continue
            zone = self._app.settings.site.timezone.key
            collect = partial(self._collect, source)
            self._scheduler.add(f"collect/{source.name}", source.schedule, zone, collect, at_start=True)
        self._scheduler.add("mail", _EVERY_MINUTE, "UTC", lambda _slot: self._tick())
        self._scheduler.add("tidy", _EVERY_HOUR, "UTC", lambda _slot: self._tidy(), at_start=True)
        self._scheduler.add("events", _EVERY_MINUTE, "UTC", lambda _slot: self._listen())
        if self._app.settings.alerts.on:
            self._scheduler.add("alerts", _EVERY_MINUTE, "UTC", lambda _slot: self._alerts.look())
        self._app.bury_the_dead()
        self._last = Report(problems=self._failed_before())
        self._wake.set()
        self._worker.start()
        self._pictures.start()
        self.notices.start()
        if self._websub:
            self._websub.start()
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Begin nothing more; return when what is under way has come to an end."""
        self._stopping.set()
        self._watch.stop()
        self._scheduler.stop()
        self._wake.set()
        self._worker.join()
        self._pictures.stop()
        self.notices.stop()
        if self._websub:
            self._websub.stop()

    def alive(self) -> bool:
        """Whether its threads live and its schedules tick: where not, only a restart helps."""
        return self._worker.is_alive() and time.monotonic() - self._ticked < _STANDS_STILL

    def health(self) -> Health:
        """Ready while the store answers, the threads are alive and the schedules tick; the rest is for people."""
        store = "ok" if self._app.store.answers() else "does not answer"
        worker = "ok" if self._worker.is_alive() else "stopped"
        schedules = "ok" if time.monotonic() - self._ticked < _STANDS_STILL else "stand still"
        details = {"store": store, "worker": worker, "schedules": schedules}
        if store == "ok":
            held = self._app.store.standstills.now()
            details["mailing"] = (
                "ok" if held is None else held.said(self._app.settings.site.timezone).partition(": ")[0]
            )
            failed = [run for run in self._app.store.runs.last_of_each() if run.outcome is RunOutcome.FAILED]
            details["last runs"] = f"failed: {len(failed)}" if failed else "ok"
        return Health(ready=store == worker == schedules == "ok", details=details)

    def ask_hub(self, asked: Asked, now: datetime) -> bool:
        """Keep a request to our own hub.  False where there are too many."""
        kept = self._app.store.websub.requests.ask(asked, now, HubLimits())
        if self._websub:
            self._websub.wake()
        return kept

    def articles_came(self) -> None:
        """Publish and mail what has been sent in."""
        self._changed = True
        self._pictures.wake()
        self._wake.set()

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        self._wake.set()

    def _tidy(self) -> None:
        self._app.run_book.tidy(self._app.settings.runs.keep)

    def _listen(self) -> None:
        """Ask for events where nobody posts them to us."""
        for problem in self._app.hearing.listen(self._stopping):
            log.warning(problem.what, code=problem.code, where=problem.where, mend=problem.mend)

    def _collect(self, source: config.Source, _slot: datetime) -> None:
        """Collect for the newest slot that has come up and isn't done; those before it are covered by it."""
        job, now, runs = f"collect/{source.name}", self._app.clock(), self._app.store.runs
        zone = self._app.settings.site.timezone.key
        first = latest_slot(source.schedule, zone, now)
        since = runs.last_slot(job, first - _MOMENT if first else now)
        for verdict in settle_slots(list(slots_between(source.schedule, zone, since, now)), now, timedelta.max):
            by = started_by(verdict.slot, now)
            if verdict.fate is not SlotFate.DUE:
                runs.close_slot(job, verdict.slot, RunOutcome.SKIPPED, "covered by the next slot's run", now, by)
            elif not (agenda := self._app.due_sources([source.name])).due:
                reason = agenda.remarks[0].what if agenda.remarks else "its last answer is still fresh"
                runs.close_slot(job, verdict.slot, RunOutcome.SKIPPED, reason, now, by)
            else:
                try:
                    self._carry_out(source, verdict.slot, by)
                except Interrupted:
                    return  # its slot is not over: the next process collects for it
            runs.pass_slot(job, verdict.slot)
        self._wake.set()

    def _collect_now(self, source: config.Source) -> None:
        """Collect a directory whose files changed."""
        with suppress(Interrupted):
            self._carry_out(source, None, StartedBy.CHANGE)
        self._wake.set()

    def _carry_out(self, source: config.Source, slot: datetime | None, by: StartedBy) -> None:
        """Collect one source, if nobody did for this slot, and write down what came of it.  Raises `Interrupted`."""
        with self._app.run_book.run(f"collect/{source.name}", slot, by) as run:
            if run is None:
                return
            try:
                # A slot may come up just when a file changed.
                with self._collecting[source.name]:
                    report = self._engine.collect([source.name])
            except Interrupted:
                run.end(RunOutcome.BROKEN_OFF, {})
                raise
            self._end(run, report)
        counts = report.collected
        # Never set to what it was a moment ago: another source may have changed since.
        if counts.new or counts.revised or counts.retracted:
            self._changed = True
        self._pictures.wake()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if not self._stopping.is_set():
                self._guarded(self._publish_and_mail)

    def _publish_and_mail(self) -> None:
        self._app.bury_the_dead()
        by = StartedBy.CHANGE if self._changed else StartedBy.SCHEDULE
        with self._app.run_book.run(_JOB, None, by) as run:
            if run is None:
                return
            try:
                report = self._pass()
            except Exception as error:
                with suppress(PipelineError):
                    self._book(run, Report(problems=(_unexpected(error),)))
                raise
            self._book(run, report)

    def _book(self, run: RunUnderWay, report: Report) -> None:
        """What stands as it stood a minute ago, such as a batch in doubt, is no news; that it is over, is."""
        nothing = not (report.written or report.issues or report.problems or self._last.problems)
        if nothing or report == self._last:
            run.forget()
            return
        self._last = report
        self._end(run, report)

    def _failed_before(self) -> tuple[Problem, ...]:
        """What stood at the last pass of whoever served before."""
        last = (run for run in self._app.store.runs.last_of_each() if run.job == _JOB)
        return tuple(problem for run in last for problem in run.problems)

    def _pass(self) -> Report:
        app = self._app
        published = Report()
        if self._changed:
            self._changed = False
            published = self._engine.publish([feed.name for feed in app.settings.feeds])
            if published.problems:
                self._changed = True  # what could not be published is tried again
            if self._websub:
                self._websub.published()
        app.release()
        mailed = self._engine.mail()
        self._say_whether_held()
        return Report(
            written=published.written,
            removed=published.removed,
            issues=mailed.issues,
            problems=(*published.problems, *mailed.problems),
        )

    def _say_whether_held(self) -> None:
        held = self._app.store.standstills.now()
        if held is not None and not self._held:
            log.warning("mailing is on hold", since=held.since.isoformat(), reason=held.reason)
        elif held is None and self._held:
            log.info("mailing goes on")
        self._held = held is not None

    def _end(self, run: RunUnderWay, report: Report) -> None:
        for problem in report.problems:
            log.warning(problem.what, code=problem.code, where=problem.where, mend=problem.mend)
        counts = report.as_json()
        counts.pop("problems")
        run.end(RunOutcome.FAILED if report.failed else RunOutcome.DONE, counts, report.problems)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the process goes on: the next minute tries again, and the log says what went wrong
            log.exception("publishing or mailing failed")
            self._changed = True


def _unexpected(error: Exception) -> Problem:
    if isinstance(error, PipelineError):
        return error.problem
    what = f"failed unexpectedly: {type(error).__name__}: {error}"
    return Problem(code="unexpected", where=_JOB, what=what, mend="It is tried again. Please report this as a bug.")
