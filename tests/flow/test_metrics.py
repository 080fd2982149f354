"""`/metrics`: for whom, of what, and that the rules and the dashboard ask for what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from pipeline.domain.alert import Cause, severity_of
from pipeline.watching.metrics import Metrics
from pipeline.web.metrics import MetricsEndpoint
from tests.fakes.commands import Project

MONITORING = Path(__file__).parents[2] / "examples" / "monitoring"


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def samples(text: bytes) -> dict[str, float]:
    """By name and labels, as they are written."""
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for one in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(one.labels.items()))
            found[f"{one.name}{{{labels}}}"] = one.value
    return found


def test_they_tell_how_everything_of_the_configuration_stands(project: Project) -> None:
    project.subscribe()
    project.done("run")
    with project.app() as app:
        shown = samples(Metrics(app)())
    assert shown["rundbrief_mailing_held{}"] == shown["rundbrief_store_fenced{}"] == 0
    assert shown["rundbrief_source_failures{source=artikel}"] == 0
    assert shown["rundbrief_source_last_success_timestamp_seconds{source=artikel}"] > 1_700_000_000
    assert shown["rundbrief_feed_changed_timestamp_seconds{feed=alle}"] > 1_700_000_000
    assert shown["rundbrief_issues{newsletter=wochenblick,state=finished}"] == 1
    assert shown["rundbrief_open_batches{newsletter=wochenblick,state=in_doubt}"] == 0
    assert shown["rundbrief_provider_calls_total{provider=outbox,result=failed}"] == 0
    assert shown["rundbrief_run_last_failed{job=run}"] == 0
    assert shown["rundbrief_subscriptions{cadence=immediate,newsletter=wochenblick}"] == 3
    project.done("hold")
    with project.app() as app:
        text = Metrics(app)()
    assert samples(text)["rundbrief_mailing_held{}"] == 1
    assert b"@" not in text, "nothing about persons"


def test_the_calls_of_this_process_are_counted(project: Project) -> None:
    from pipeline.engine.local import LocalEngine

    project.subscribe()
    with project.app() as app:
        LocalEngine(app).run()
        shown = samples(Metrics(app)())
    assert shown["rundbrief_provider_recipients_total{provider=outbox}"] == 3
    assert shown["rundbrief_provider_calls_total{provider=outbox,result=answered}"] >= 1


@pytest.mark.parametrize("file", ["alerts.yml", "grafana.json"])
def test_the_examples_ask_for_what_there_is(project: Project, file: str) -> None:
    project.subscribe()
    project.done("run")
    with project.app() as app:
        text = Metrics(app)().decode()
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    written = (MONITORING / file).read_text(encoding="utf-8")
    asked = set(re.findall(r"\brundbrief_\w+", written))
    assert len(asked) > 4
    assert asked <= names
    assert (yaml.safe_load if file.endswith("yml") else json.loads)(written)


def test_each_rule_has_a_severity_and_says_what_to_do() -> None:
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["mend"]


def test_our_own_alerts_have_the_names_and_the_severity_of_the_rules() -> None:
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        name = re.sub(r"(?<!^)([A-Z])", r"-\1", rule["alert"].removeprefix("Rundbrief")).lower()
        if name != "down":  # whoever is down tells nobody
            assert severity_of(Cause(name)) == rule["labels"]["severity"], name


@pytest.mark.parametrize(
    ("endpoint", "headers", "client", "status"),
    [
        (MetricsEndpoint(lambda: b"x", "secret"), {"authorization": "Bearer secret"}, "203.0.113.9", 200),
        (MetricsEndpoint(lambda: b"x", "secret"), {"authorization": "bearer  secret"}, "203.0.113.9", 200),
        (MetricsEndpoint(lambda: b"x", "secret"), {"authorization": "Bearer secre"}, "127.0.0.1", 404),
        (MetricsEndpoint(lambda: b"x", "secret"), {"authorization": "Basic secret"}, "127.0.0.1", 404),
        (MetricsEndpoint(lambda: b"x", "secret"), {}, "127.0.0.1", 404),
        (MetricsEndpoint(lambda: b"x", "", False), {"authorization": "Bearer "}, "127.0.0.1", 404),
        (MetricsEndpoint(lambda: b"x", None, True), {}, "127.0.0.1", 200),
        (MetricsEndpoint(lambda: b"x", None, True), {}, "::1", 200),
        (MetricsEndpoint(lambda: b"x", None, True), {}, "203.0.113.9", 404),
        (MetricsEndpoint(lambda: b"x", None, True), {"x-forwarded-for": "203.0.113.9"}, "127.0.0.1", 404),
        (MetricsEndpoint(lambda: b"x", None, True), {"forwarded": "for=203.0.113.9"}, "127.0.0.1", 404),
    ],
)
def test_who_gets_them(endpoint: MetricsEndpoint, headers: dict[str, str], client: str, status: int) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    asking = Request({"type": "http", "method": "GET", "path": "/metrics", "headers": sent, "client": (client, 1234)})
    assert endpoint.answer(asking).status_code == status
