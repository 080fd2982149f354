"""Traces: from the slot to the provider's call, with the ids that the log has; nothing where nobody asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpserver import HTTPServer

from pipeline.domain.run import StartedBy
from pipeline.engine.local import LocalEngine
from pipeline.tracing import NoTracing
from pipeline.wiring.traces import OpenTelemetry, make_tracing
from tests.fakes.commands import Project
from tests.fakes.times import START


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def ways(spans: Mapping[int, ReadableSpan]) -> set[str]:
    """Each span with those that it is within."""

    def way(span: ReadableSpan) -> str:
        above = spans[span.parent.span_id] if span.parent else None
        return f"{way(above)} > {span.name}" if above else span.name

    return {way(span) for span in spans.values()}


def facts(span: ReadableSpan) -> dict[str, object]:
    return {name.removeprefix("rundbrief."): value for name, value in (span.attributes or {}).items()}


def test_a_trace_leads_from_the_slot_to_the_call_of_the_provider(project: Project) -> None:
    project.subscribe()
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with project.app() as app:
        traced = replace(app, tracing=OpenTelemetry(provider))
        with traced.run_book.run("run", START, StartedBy.SCHEDULE) as run:
            LocalEngine(traced).run()
        (issue,) = [one.id for one in app.store.issues.shown()]
        traced.owner.close()
    spans = {span.context.span_id: span for span in exporter.get_finished_spans() if span.context}
    assert ways(spans) == {
        "run",
        "run > collect",
        "run > collect > source",
        "run > publish",
        "run > mail",
        "run > mail > issue",
        "run > mail > batch",
        "run > mail > batch > provider call",
    }
    by_name = {span.name: facts(span) for span in spans.values()}
    assert run
    assert by_name["run"] == {"run": run.id, "job": "run", "slot": START.isoformat(), "started_by": "schedule"}
    assert by_name["source"] == {"source": "artikel"}
    call = by_name["provider call"]
    assert (call["issue"], call["provider"], call["batch"]) == (issue, "outbox", by_name["batch"]["batch"])
    assert "@" not in json.dumps([facts(span) for span in spans.values()], default=str), "nothing about persons"


def test_what_raised_is_not_told_with_a_span() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError, match="anna"), OpenTelemetry(provider).span("batch"):
        raise ValueError("anna@example.org")
    (span,) = exporter.get_finished_spans()
    assert "anna" not in span.to_json()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "news"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_where_nobody_asks_for_traces_there_are_none(environ: Mapping[str, str]) -> None:
    assert isinstance(make_tracing(environ), NoTracing)


def test_they_go_to_the_collector_that_the_environment_names(
    project: Project, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/v1/traces", method="POST").respond_with_data("")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", httpserver.url_for("").rstrip("/"))
    project.done("run")
    sent = b"".join(request.get_data() for request, _ in httpserver.log)
    assert b"rundbrief.source" in sent
    assert b"artikel" in sent


def test_a_collector_that_is_away_disturbs_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    project.done("run")
