"""Alerts: those who look after it are told of what is wrong, through servers that are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipeline.alerting.facts import facts
from pipeline.alerting.watch import Watch
from pipeline.app import App, open_app
from pipeline.app.publishing import Publishing
from pipeline.domain.alert import Cause
from pipeline.domain.run import RunOutcome
from pipeline.publish.published import Published
from pipeline.service import Service
from tests.fakes.commands import Project
from tests.fakes.desk import Clock
from tests.fakes.mailgun_server import MailgunServer
from tests.fakes.smtp_server import SmtpServer

MAIL = """
[alerts.mail]
to = ["anna@ops.example", "ben@ops.example"]
from = "Rundbrief <alerts@news.example.org>"
provider = "post"
[providers.post]
type = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
"""
WEBHOOK = """
[alerts.webhook]
url_env = "ALERTS_URL"
allow_private = true
"""
MINUTE = timedelta(minutes=1)


class BrokenPublishing(Publishing):
    """It fails in a way that nobody thought of."""

    def publish_feed(self, name: str) -> Published:
        raise ZeroDivisionError(name)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def chat(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    monkeypatch.setenv("ALERTS_URL", httpserver.url_for("/hook"))
    return httpserver


@contextmanager
def watching(project: Project) -> Iterator[tuple[Clock, App, Callable[[], None]]]:
    """A clock to set, the app that goes by it, and what looks for alerts then."""
    clock = Clock(datetime.now(UTC))
    app = open_app(project.directory / "config.toml", clock)
    try:
        yield clock, app, Watch(app).look
    finally:
        app.close()


def add(project: Project, *tables: str) -> None:
    file = project.directory / "config.toml"
    file.write_text("\n".join([file.read_text(encoding="utf-8"), *tables]), encoding="utf-8")


def posted(chat: HTTPServer) -> list[dict[str, Any]]:
    return [json.loads(request.get_data()) for request, _ in chat.log]


def test_a_run_tells_of_a_hold_that_was_forgotten_and_of_its_end(
    project: Project, smtp: SmtpServer, chat: HTTPServer
) -> None:
    add(project, MAIL.format(port=smtp.port), WEBHOOK)
    with project.app() as app:
        app.store.standstills.begin("wrong price", app.clock() - timedelta(hours=13))
    for _ in range(2):
        project.done("run")
    assert sorted(one.recipient for one in smtp.received) == ["anna@ops.example", "ben@ops.example"]
    message = smtp.received[0].message
    assert message["Subject"] == "[KI-Wochenblick] critical: held (mailing)"
    assert message["Auto-Submitted"] == "auto-generated"
    assert not [name for name in message if name.lower().startswith("list-")]
    text = message.get_body(("plain",))
    assert text
    assert "wrong price" in text.get_content()
    assert "`rundbrief release`" in text.get_content()
    (post,) = posted(chat)
    assert post["text"].startswith("[KI-Wochenblick] critical: held (mailing)\n")
    (alert,) = post["alerts"]
    assert (alert["state"], alert["severity"], alert["cause"]) == ("on", "critical", "held")
    assert "critical" in project.done("alerts").out

    project.done("release")
    with watching(project) as (clock, _, look):
        look()
        assert len(posted(chat)) == 1, "it may begin again at once"
        clock.forward(10 * MINUTE)
        look()
        look()
    assert posted(chat)[1]["text"].startswith("[KI-Wochenblick] over: held (mailing)")
    assert [post["alerts"][0]["state"] for post in posted(chat)] == ["on", "over"]
    assert len(smtp.received) == 4
    assert project.done("alerts").out == "Nothing is wrong.\n"
    assert project.done("issues", "--json").json["issues"] == [], "alerts are in nobody's books"


def test_who_can_not_be_told_disturbs_nothing_and_is_tried_again(
    project: Project, smtp: SmtpServer, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, MAIL.format(port=smtp.port), WEBHOOK)
    answers = iter([503, 200])
    httpserver.expect_request("/hook").respond_with_handler(lambda _: Response(status=next(answers)))
    monkeypatch.setenv("ALERTS_URL", httpserver.url_for("/hook"))
    with project.app() as app:
        app.store.standstills.begin("", app.clock() - timedelta(hours=13))
    ran = project.done("run")
    assert "an alert could not be told" in ran.err
    assert len(smtp.received) == 2, "the other ways go on"
    with watching(project) as (clock, _, look):
        look()
        assert len(httpserver.log) == 1
        clock.forward(2 * MINUTE)
        look()
        look()
    assert len(httpserver.log) == 2
    assert len(smtp.received) == 2


def test_the_address_of_a_webhook_is_guarded_and_kept_secret(project: Project, chat: HTTPServer) -> None:
    add(project, WEBHOOK.replace("allow_private = true", ""))
    result = project("alerts", "test")
    assert result.code == 1
    assert "`allow_private = true` in [alerts.webhook]" in result.err
    assert "/hook" not in result.err
    assert not chat.log


def test_a_provider_that_refuses_our_key_is_told_of_at_once_and_that_it_takes_mail_again(
    project: Project, chat: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, WEBHOOK)
    with MailgunServer() as server:
        table = f'type = "mailgun"\ndomain = "mg.example.org"\nbase_url = "{server.base_url}"\napi_key_env = "KEY"\n'
        project.configure('type = "outbox"\n', table)
        monkeypatch.setenv("KEY", "key-revoked")
        project.subscribe()
        assert project("run").code == 1
        (alert,) = posted(chat)[0]["alerts"]
        assert (alert["cause"], alert["severity"]) == ("provider-refuses", "critical")
        assert "key-revoked" not in json.dumps(posted(chat))
        monkeypatch.setenv("KEY", server.api_key)
        project.done("run")
        with watching(project) as (clock, _, look):
            clock.forward(10 * MINUTE)
            look()
    assert [post["alerts"][0]["state"] for post in posted(chat)] == ["on", "over"]


def test_a_test_is_told_to_everybody(project: Project, smtp: SmtpServer, chat: HTTPServer) -> None:
    assert "Nobody is told" in project.done("alerts", "test").out
    add(project, MAIL.format(port=smtp.port), WEBHOOK)
    told = project.done("alerts", "test").out
    assert told == "Told: mail to anna@ops.example.\nTold: mail to ben@ops.example.\nTold: webhook.\n"
    assert "This is a test" in posted(chat)[0]["text"]
    smtp.script.rcpt["ben@ops.example"] = "550 5.1.1 No such user"
    failed = project("alerts", "test", "--json")
    assert failed.code == 1
    assert failed.json["told"] == ["mail to anna@ops.example", "webhook"]
    assert "No such user" in failed.json["problems"][0]["what"]


def test_apprise_is_needed_only_where_it_is_configured(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, '\n[alerts.apprise]\nurls_env = "APPRISE_URLS"\n')
    monkeypatch.setenv("APPRISE_URLS", "json://user:secret@localhost mailto://x")
    lacking = project("alerts", "test")
    assert lacking.code == 1
    assert "pip install 'rundbrief[apprise]'" in lacking.err
    assert project("check").code == 1
    assert project.done("run").code == 0
    # As much of that library as is used of it.
    (tmp_path / "apprise.py").write_text(
        "import logging, pathlib\n"
        "class Apprise:\n"
        "    def add(self, url):\n"
        "        if '://' not in url: logging.getLogger('apprise').error('Unparseable URL %s', url)\n"
        "        return '://' in url\n"
        "    def notify(self, title, body):\n"
        f"        pathlib.Path({str(tmp_path / 'told')!r}).write_text(title)\n"
        "        return True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert project.done("alerts", "test").out == "Told: apprise.\n"
    assert (tmp_path / "told").read_text() == "[KI-Wochenblick] warning: test"
    monkeypatch.setenv("APPRISE_URLS", "secret")
    unknown = project("alerts", "test")
    assert unknown.code == 1
    assert "secret" not in unknown.err


def test_a_store_that_can_not_be_used_is_told_of_and_that_it_can_again(project: Project, chat: HTTPServer) -> None:
    add(project, WEBHOOK)
    project.done("run")
    file = project.directory / "var" / "rundbrief.db"
    with watching(project) as (clock, app, look):
        look()
        app.store.engine.dispose()
        content = file.read_bytes()
        file.write_bytes(b"no database" * 1000)
        for _ in range(3):
            look()
            clock.forward(MINUTE)
        (post,) = posted(chat)
        assert post["alerts"][0]["cause"] == "store-fails"
        assert "is damaged" in post["alerts"][0]["what"]
        app.store.engine.dispose()
        file.write_bytes(content)
        look()
        look()
    assert [post["alerts"][0]["state"] for post in posted(chat)] == ["on", "over"]


def test_a_serving_process_writes_down_that_what_failed_works_again(project: Project) -> None:
    feeds = project.directory / "feeds"
    feeds.write_text("in the way")
    with project.app() as app:
        service = Service(app)
        for _ in range(2):
            service._publish_and_mail()
        (failed,) = app.store.runs.newest()
        assert failed.outcome is RunOutcome.FAILED
        assert [alert.cause for alert in facts(app, "me")] == [Cause.PUBLISHING_FAILS]
        feeds.unlink()
        for _ in range(2):
            service._publish_and_mail()
        assert [run.outcome for run in app.store.runs.newest()] == [RunOutcome.DONE, RunOutcome.FAILED]
        assert facts(app, "me") == []


def test_a_pass_that_breaks_off_is_written_down_once(project: Project) -> None:
    project.subscribe()
    with project.app() as app:
        service = Service(app)
        app.publishing = BrokenPublishing(app.settings, app.store, app.clock)
        for _ in range(2):
            service._guarded(service._publish_and_mail)
        (run,) = app.store.runs.newest()
        assert [problem.code for problem in run.problems] == ["unexpected"]
        assert [alert.cause for alert in facts(app, "me")] == [Cause.PUBLISHING_FAILS]
