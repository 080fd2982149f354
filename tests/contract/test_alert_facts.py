"""What is wrong is found in the store, whichever database it is in; and what is as it should be is no alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline.alerting.facts import facts
from pipeline.alerting.watch import on_now
from pipeline.app import App
from pipeline.config import load
from pipeline.domain.run import RunOutcome, StartedBy
from pipeline.errors import Problem
from pipeline.store.database import writing
from pipeline.store.store import Store
from pipeline.store.tables import issue, notice, provider_standing
from tests.fakes.desk import Clock, desk, frozen_issue
from tests.fakes.mailing import fail, show, sighting
from tests.fakes.providers import CALL_LOST, UNAVAILABLE, FakeProvider
from tests.fakes.times import at

CONFIG = """\
[site]
title = "News"
url = "https://news.example.org"
[[sources]]
name = "artikel"
type = "directory"
path = "articles"
[[newsletters]]
name = "brief"
title = "Brief"
from = "Redaktion <redaktion@news.example.org>"
providers = ["outbox"]
[newsletters.cadences]
immediate = true
daily = "0 7 * * *"
[providers.outbox]
type = "outbox"
"""
HOUR = 60
DAY = 24 * HOUR


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Iterator[App]:
    (tmp_path / "config.toml").write_text(CONFIG)
    app = App(load(tmp_path / "config.toml", {}), store, Clock(at(2)))
    yield app
    app.owner.close()


def found(app: App, minute: float) -> list[str]:
    """What is wrong at that minute, but for this machine's disk."""
    app.clock = Clock(at(minute))
    return [
        f"{one.severity}: {one.cause} {one.subject}".strip() for one in facts(app, "me") if "disk" not in str(one.cause)
    ]


def ended(app: App, minute: float, *problems: Problem, job: str = "run") -> None:
    run = app.store.runs.begin(job, None, "me", at(minute))
    assert run is not None
    app.store.runs.end(run, RunOutcome.FAILED if problems else RunOutcome.DONE, {}, problems, at(minute))


def problems(*codes: str) -> Sequence[Problem]:
    return [Problem(code=code, where="there", what="Something.", mend="Mend it.") for code in codes]


def test_where_everything_is_as_it_should_be_there_is_none(app: App) -> None:
    assert found(app, 2) == []
    frozen_issue(app.store, "a", "b", "c")
    ended(app, 2)
    assert found(app, 3) == []


def test_mail_that_does_not_get_on_is_late_after_some_hours(app: App) -> None:
    at_desk = desk(app.store, Clock(at(2)), FakeProvider("outbox", script=[UNAVAILABLE]))
    frozen_issue(app.store, "a", "b", "c")
    at_desk.submit_next()
    assert found(app, 6 * HOUR) == []
    assert found(app, 6 * HOUR + 3) == ["critical: mail-late brief"]


def test_mail_in_doubt_waits_for_a_person_after_an_hour(app: App) -> None:
    frozen_issue(app.store, "a")
    desk(app.store, Clock(at(2)), FakeProvider("outbox", script=[CALL_LOST])).submit_next()
    assert found(app, 30) == []
    assert found(app, 2 * HOUR) == ["critical: mail-in-doubt brief"]


def test_an_issue_that_its_canary_halted_is_told_of_at_once_one_that_was_paused_after_a_while(app: App) -> None:
    halted = frozen_issue(app.store, "a")
    with writing(app.store.engine) as tx:
        tx.execute(update(issue).where(issue.c.id == halted).values(hold="halted", reason="3 of 10 bounced."))
    (alert,) = [one.alert for one in on_now(app) if "disk" not in one.alert.cause]
    assert (alert.cause, alert.subject) == ("mail-halted", "brief")
    assert "3 of 10 bounced." in alert.what
    with writing(app.store.engine) as tx:
        tx.execute(update(issue).where(issue.c.id == halted).values(hold="paused"))
    assert found(app, 11 * HOUR) == []
    assert found(app, 13 * HOUR) == ["critical: held brief"]


def test_a_hold_is_none_until_it_may_have_been_forgotten(app: App) -> None:
    app.store.standstills.begin("", at(0))
    assert found(app, 12 * HOUR) == []
    assert found(app, 12 * HOUR + 1) == ["critical: held mailing"]


def test_a_slot_that_was_missed_is_told_of_until_the_next_one_for_a_day_at_most(app: App) -> None:
    job, runs = "mail/brief/daily/UTC", app.store.runs
    runs.close_slot(job, at(0), RunOutcome.MISSED, "7 h late", at(7 * HOUR), StartedBy.CATCH_UP)
    assert found(app, 7 * HOUR) == ["critical: slot-missed brief"]
    assert found(app, 31 * HOUR) == []
    runs.close_slot(job, at(DAY), RunOutcome.DONE, "", at(DAY))
    assert found(app, 8 * HOUR) == []


def test_slots_that_nobody_looks_at_are_one_alert(app: App) -> None:
    app.store.runs.last_slot("mail/brief/daily/UTC", at(0))
    assert found(app, HOUR + 10) == []
    assert found(app, HOUR + 30) == ["critical: schedule-stalled"]


@pytest.mark.parametrize(
    ("code", "alert"),
    [
        ("provider-rejected", "critical: provider-refuses there"),
        ("preflight-size", "critical: mail-unrendered there"),
        ("render", "critical: mail-unrendered there"),
        ("books", "critical: books there"),
        ("publish", "critical: publishing-fails"),
        ("unexpected", "critical: publishing-fails"),
        ("source-unavailable", None),
    ],
)
def test_what_the_last_pass_said_stands_until_the_next_one(app: App, code: str, alert: str | None) -> None:
    ended(app, 1, *problems(code))
    ended(app, 2, *problems("source-unavailable"), job="collect/artikel")
    assert found(app, 3) == ([alert] if alert else [])
    ended(app, 4, job="publish and mail")
    assert found(app, 5) == []


def test_a_source_may_fail_for_a_while(app: App) -> None:
    show(app.store, [sighting("x")], at(0))
    fail(app.store, "gone", at(1))
    assert found(app, DAY) == []
    assert found(app, DAY + 1) == ["warning: source-fails artikel"]
    show(app.store, [sighting("x")], at(DAY + 2))
    assert found(app, DAY + 3) == []


def test_a_provider_that_is_away_is_a_warning(app: App) -> None:
    for failures, alerts in ((9, []), (10, ["warning: provider-fails outbox"])):
        with writing(app.store.engine) as tx:
            tx.execute(provider_standing.delete())
            tx.execute(provider_standing.insert().values(provider="outbox", failures=failures, error="503"))
        assert found(app, 3) == alerts


def test_who_waits_for_a_confirmation_is_a_reader_who_is_affected(app: App) -> None:
    import uuid

    with writing(app.store.engine) as tx:
        values = {"id": uuid.uuid4(), "kind": "confirm", "newsletter": "brief", "state": "retry_wait"}
        tx.execute(notice.insert().values(created_at=at(0), language="de", **values))
    assert found(app, HOUR) == []
    assert found(app, HOUR + 1) == ["critical: notices-late"]
