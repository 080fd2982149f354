"""Prometheus metrics, worked out from the store when they are asked for.

Labels are names of the configuration, and states and outcomes that the code knows; so their number is bounded.  No
label and no value says anything of a person.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.app import App
from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState
from pipeline.domain.run import RunOutcome
from pipeline.errors import InstanceFenced

_KEPT_FOR = 5.0
_SLOW_KEPT_FOR = 60.0


class Metrics:
    """The metrics of one `App`.  Threads may share it; they are worked out once in five seconds at most."""

    def __init__(self, app: App) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Standing(app))
        ProcessCollector(registry=self._registry)
        self._lock = threading.Lock()
        self._made = 0.0
        self._text = b""

    def __call__(self) -> bytes:
        """In Prometheus' text format."""
        with self._lock:
            if not self._text or time.monotonic() - self._made > _KEPT_FOR:
                self._text = generate_latest(self._registry)
                self._made = time.monotonic()
            return self._text


class _Standing(Collector):
    def __init__(self, app: App) -> None:
        self._app = app
        self._census: tuple[float, list[tuple[str, str, int]]] | None = None

    def collect(self) -> Iterator[Metric]:
        info = InfoMetricFamily("rundbrief", "Which version this is.")
        info.add_metric([], {"version": __version__})
        yield info
        yield from self._state()
        yield from self._sources()
        yield self._feeds()
        yield from self._issues()
        yield from self._providers()
        yield from self._runs()
        yield self._subscriptions()

    def _state(self) -> Iterator[Metric]:
        store = self._app.store
        held = store.standstills.now() is not None
        yield GaugeMetricFamily("rundbrief_mailing_held", "1 while an operator has mailing on hold.", held)
        try:
            store.fence.check()
            fenced = False
        except InstanceFenced:
            fenced = True
        yield GaugeMetricFamily("rundbrief_store_fenced", "1 while a restored store is to mail nothing.", fenced)

    def _sources(self) -> Iterator[Metric]:
        known = self._app.store.figures.sources()
        last = GaugeMetricFamily(
            "rundbrief_source_last_success_timestamp_seconds", "When it last answered.", labels=["source"]
        )
        failures = GaugeMetricFamily("rundbrief_source_failures", "Failed polls in a row.", labels=["source"])
        for source in self._app.settings.sources:
            if found := known.get(source.name):
                failures.add_metric([source.name], found.failures)
                if found.last_success:
                    last.add_metric([source.name], found.last_success.timestamp())
        yield from (last, failures)

    def _feeds(self) -> Metric:
        changed = GaugeMetricFamily(
            "rundbrief_feed_changed_timestamp_seconds", "When a document of it changed last.", labels=["feed"]
        )
        for feed in self._app.settings.feeds:
            directory = self._app.settings.publish.directory / feed.name
            if times := [_changed(file) for file in directory.glob("*.*")]:
                changed.add_metric([feed.name], max(times))
        return changed

    def _issues(self) -> Iterator[Metric]:
        figures, names = self._app.store.figures, list(self._app.newsletters)
        yield _by(
            "rundbrief_issues", "Issues by their state.", ("newsletter", "state"), figures.issues(), names, IssueState
        )
        yield _by(
            "rundbrief_open_batches",
            "Batches of open issues by their state.",
            ("newsletter", "state"),
            figures.open_batches(),
            names,
            BatchState,
        )
        oldest = GaugeMetricFamily(
            "rundbrief_oldest_open_issue_timestamp_seconds",
            "When the oldest open issue was made.",
            labels=["newsletter"],
        )
        for name, made in figures.oldest_open().items():
            if name in names:
                oldest.add_metric([name], made.timestamp())
        yield oldest
        notices = GaugeMetricFamily("rundbrief_notices", "Messages about subscriptions by state.", labels=["state"])
        for state, size in figures.notices().items():
            notices.add_metric([state], size)
        yield notices

    def _providers(self) -> Iterator[Metric]:
        """What this process did since its start."""
        calls = CounterMetricFamily(
            "rundbrief_provider_calls", "Calls of a provider, by what came of them.", labels=["provider", "result"]
        )
        recipients = CounterMetricFamily(
            "rundbrief_provider_recipients", "Recipients of the calls that were answered.", labels=["provider"]
        )
        tally = self._app.calls.counted()
        for name in self._app.settings.providers:
            count = tally.get(name)
            calls.add_metric([name, "answered"], count.answered if count else 0)
            calls.add_metric([name, "failed"], count.failed if count else 0)
            recipients.add_metric([name], count.recipients if count else 0)
        yield from (calls, recipients)

    def _runs(self) -> Iterator[Metric]:
        ended = GaugeMetricFamily(
            "rundbrief_run_last_end_timestamp_seconds", "When the last run of a job ended.", labels=["job"]
        )
        failed = GaugeMetricFamily("rundbrief_run_last_failed", "1 where it failed or was broken off.", labels=["job"])
        ends: dict[str, datetime] = {}
        wrong: dict[str, bool] = {}
        configured = {f"collect/{source.name}" for source in self._app.settings.sources}
        for run in self._app.store.runs.last_of_each():
            job = _job(run.job)
            if run.ended is None or (job.startswith("collect/") and job not in configured):
                continue
            ends[job] = max(ends.get(job, run.ended), run.ended)
            wrong[job] = wrong.get(job, False) or run.outcome in (RunOutcome.FAILED, RunOutcome.BROKEN_OFF)
        for job, end in ends.items():
            ended.add_metric([job], end.timestamp())
            failed.add_metric([job], wrong[job])
        yield from (ended, failed)

    def _subscriptions(self) -> Metric:
        if self._census is None or time.monotonic() - self._census[0] > _SLOW_KEPT_FOR:
            self._census = (time.monotonic(), list(self._app.store.subscriptions.census()))
        active = GaugeMetricFamily("rundbrief_subscriptions", "Active subscriptions.", labels=["newsletter", "cadence"])
        for newsletter, cadence, size in self._census[1]:
            if newsletter in self._app.newsletters:
                active.add_metric([newsletter, cadence], size)
        return active


def _by(
    name: str,
    text: str,
    labels: tuple[str, str],
    found: Mapping[tuple[str, str], int],
    names: list[str],
    states: type[IssueState | BatchState],
) -> Metric:
    """A gauge for each name and state, 0 where there is none: an alert must not miss a series."""
    gauge = GaugeMetricFamily(name, text, labels=list(labels))
    for one in names:
        for state in states:
            gauge.add_metric([one, state.value], found.get((one, state.value), 0))
    return gauge


def _job(job: str) -> str:
    """Without the time zone: there are hundreds of them."""
    return "/".join(job.split("/")[:3]) if job.startswith("mail/") else job


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it was replaced just now
        return 0.0
