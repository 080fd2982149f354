"""`rundbrief serve`: the schedules and the web server in one process, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from pipeline import config, wiring
from pipeline.app import App
from pipeline.cadence import latest_slot, slots_between
from pipeline.domain.run import RunId, RunOutcome
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.engine.local import LocalEngine
from pipeline.engine.notices import NoticeLoop
from pipeline.engine.pictures import Copying
from pipeline.engine.report import Report
from pipeline.engine.side_by_side import Interrupted
from pipeline.engine.websub import websub_work
from pipeline.engine.websub_loop import WebSubLoop
from pipeline.people_serving import audience_of, site_of
from pipeline.publish.websub.asking import Asked
from pipeline.publish.websub.records import HubLimits
from pipeline.schedule.scheduler import Scheduler
from pipeline.schedule.watch import DirectoryWatch
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health
from pipeline.web.webhooks import WebhookEndpoint
from pipeline.wiring.websub import is_ours

log = structlog.get_logger(__name__)

_EVERY_MINUTE = "* * * * *"
_MOMENT = timedelta(microseconds=1)


class Service:
    """What goes on in one serving process.

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
        self.notices = NoticeLoop(app)
        websub = websub_work(app)
        self._websub = WebSubLoop(websub) if websub else None

    def start(self) -> None:
        for source in self._app.settings.sources:
            zone = self._app.settings.site.timezone.key
            collect = partial(self._collect, source)
            self._scheduler.add(f"collect/{source.name}", source.schedule, zone, collect, at_start=True)
        self._scheduler.add("mail", _EVERY_MINUTE, "UTC", lambda _slot: self._wake.set())
        self._scheduler.add("events", _EVERY_MINUTE, "UTC", lambda _slot: self._listen())
        self._app.bury_the_dead()
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

    def health(self) -> Health:
        """Ready while the store answers and the threads are alive."""
        store = "ok" if self._app.store.answers() else "does not answer"
        worker = "ok" if self._worker.is_alive() else "stopped"
        return Health(ready=store == worker == "ok", details={"store": store, "worker": worker})

    def ask_hub(self, asked: Asked, now: datetime) -> bool:
        """Keep a request to our own hub.  False where there are too many."""
        kept = self._app.store.websub.requests.ask(asked, now, HubLimits())
        if self._websub:
            self._websub.wake()
        return kept

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
            if verdict.fate is not SlotFate.DUE:
                runs.close_slot(job, verdict.slot, RunOutcome.SKIPPED, "covered by the next slot's run", now)
            elif not (agenda := self._app.due_sources([source.name])).due:
                reason = agenda.remarks[0].what if agenda.remarks else "its last answer is still fresh"
                runs.close_slot(job, verdict.slot, RunOutcome.SKIPPED, reason, now)
            elif (run := runs.begin(job, verdict.slot, self._app.owner.name, now)) is not None:
                try:
                    self._carry_out(run, source)
                except Interrupted:
                    return  # its slot is not over: the next process collects for it
            runs.pass_slot(job, verdict.slot)
        self._wake.set()

    def _collect_now(self, source: config.Source) -> None:
        """Collect a directory whose files changed."""
        run = self._app.store.runs.begin(f"collect/{source.name}", None, self._app.owner.name, self._app.clock())
        if run is not None:
            with suppress(Interrupted):
                self._carry_out(run, source)
        self._wake.set()

    def _carry_out(self, run: RunId, source: config.Source) -> None:
        """Collect one source, and write down what came of it.  Raises `Interrupted`."""
        try:
            # A slot may come up just when a file changed.
            with self._collecting[source.name]:
                report = self._engine.collect([source.name])
        except Interrupted:
            self._app.store.runs.end(run, RunOutcome.BROKEN_OFF, {}, (), self._app.clock())
            raise
        self._end(run, report)
        counts = report.collected
        self._changed = self._changed or bool(counts.new or counts.revised or counts.retracted)
        self._pictures.wake()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if not self._stopping.is_set():
                self._guarded(self._publish_and_mail)

    def _publish_and_mail(self) -> None:
        app = self._app
        app.bury_the_dead()
        started = app.clock()
        published = Report()
        if self._changed:
            self._changed = False
            published = self._engine.publish([feed.name for feed in app.settings.feeds])
            if self._websub:
                self._websub.published()
        app.release()
        mailed = self._engine.mail()
        report = Report(
            written=published.written,
            removed=published.removed,
            issues=mailed.issues,
            problems=(*published.problems, *mailed.problems),
        )
        # What stands as it stood a minute ago, such as a batch in doubt, is no news.
        if report != self._last and (report.written or report.issues or report.problems):
            self._last = report
            run = app.store.runs.begin("publish and mail", None, app.owner.name, started)
            if run is not None:
                self._end(run, report)

    def _end(self, run: RunId, report: Report) -> None:
        outcome = RunOutcome.FAILED if report.failed else RunOutcome.DONE
        counts = report.as_json()
        problems = counts.pop("problems")
        self._app.store.runs.end(run, outcome, counts, report.problems, self._app.clock())
        for problem in problems:
            log.warning(problem["what"], code=problem["code"], where=problem["where"], mend=problem["mend"])

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the process goes on: the next minute tries again, and the log says what went wrong
            log.exception("publishing or mailing failed")
            self._changed = True


def serve(app: App, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.  ``announce`` is told the address once it answers."""
    settings = app.settings
    service = Service(app)
    site = site_of(app)
    feeds = FeedDocuments(settings.publish.directory, site)
    web = create_app(
        site,
        feeds=feeds,
        templates=wiring.files.template_directories(settings),
        choices=app.choices,
        health=service.health,
        clock=app.clock,
        ask_hub=service.ask_hub if is_ours(settings) else None,
        pictures=settings.pictures.directory,
        tone=settings.site.tone,
        webhooks=WebhookEndpoint(app.hearing.webhooks, app.hearing.record, app.clock),
        audience=audience_of(app, service.notices.wake),
    )
    listen = settings.web.listen
    stop = threading.Event()
    with ExitStack() as stack:
        for name in (signal.SIGTERM, signal.SIGINT):
            before = signal.signal(name, lambda _number, _frame: stop.set())
            stack.callback(signal.signal, name, before)
        server = stack.enter_context(WebServer(web, listen.host, listen.port, fresh=feeds.fresh))
        service.start()
        stack.callback(service.stop)
        announce(server.url)
        stop.wait()
