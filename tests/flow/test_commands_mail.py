"""`rundbrief send`, `preview` and `issues`: one issue, before, while and after it is mailed."""

from __future__ import annotations

import email
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from pipeline.deliver.lanes import Lane, Route
from pipeline.engine.due import freeze_due
from tests.fakes.commands import Project, Result

LANE = Lane(provider="outbox", most=500)
ROUTES = {"wochenblick": Route(lanes=(LANE,))}


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def read(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def preview(project: Project, *options: str) -> Result:
    directory = str(project.directory / "preview")
    return project("preview", "wochenblick", "--cadence", "immediate", "--directory", directory, "--no-open", *options)


def test_a_preview_shows_the_next_issue_in_three_forms_and_changes_nothing(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    told = preview(project, "--json").json
    assert told["due"] is True
    assert [one["title"] for one in told["articles"]] == ["Der große Wurf", "Das kleine Modell"]
    page, text, mail = (Path(file) for file in told["files"])
    assert "„Größe“ ist nicht alles" in page.read_text(encoding="utf-8")
    assert "__SUBST_" not in page.read_text(encoding="utf-8")
    assert "Guten Tag Anna Beispiel" in text.read_text(encoding="utf-8")
    message = read(mail)
    assert message["Subject"] == told["subject"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert project.messages() == []
    assert project.done("issues", "--json").json == {"issues": []}
    issue = project.done("run", "--json").json["mailed"]["issues"][0]
    assert issue["accepted"] == 3


def test_a_preview_has_only_what_came_since_the_last_issue(project: Project) -> None:
    project.subscribe()
    project.done("run")
    told = preview(project, "--json").json
    assert (told["due"], len(told["articles"])) == (False, 2)
    assert "the newest articles stand in" in preview(project).out
    project.write_article("Ganz neu", 9)
    project.done("collect")
    told = preview(project, "--json").json
    assert told["due"] is True
    assert [one["title"] for one in told["articles"]] == ["Ganz neu"]


def test_a_preview_without_any_article_says_so(project: Project) -> None:
    result = preview(project)
    assert result.code == 1
    assert "no article" in result.err


def test_a_preview_of_one_of_several_cadences_needs_its_name(project: Project) -> None:
    result = project("preview", "wochenblick")
    assert result.code == 2
    assert "`immediate` or `daily`" in result.err
    assert "Did you mean `daily`?" in project("preview", "wochenblick", "--cadence", "dayly").err
    assert "Did you mean `wochenblick`?" in project("preview", "wochenblik").err


def test_a_preview_that_cannot_be_written_is_a_failure(project: Project) -> None:
    project.done("collect")
    (project.directory / "preview").write_text("a file")
    assert preview(project).code == 1


def test_a_test_goes_to_one_address_and_counts_for_nothing(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    told = project.done("send", "wochenblick", "--cadence", "immediate", "--test", "redaktion@example.org", "--json")
    assert told.json["test"]["outcome"] == "accepted"
    (file,) = project.messages()
    message = read(file)
    assert message["To"] == "redaktion@example.org"
    assert message["Subject"].startswith("[Test] ")
    assert project.done("issues", "--json").json == {"issues": []}
    assert project.done("run", "--json").json["mailed"]["issues"][0]["accepted"] == 3
    assert len(project.messages()) == 4


def test_the_unsubscribe_link_of_a_test_ends_no_subscription(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    project.done("send", "wochenblick", "--cadence", "daily", "--test", "redaktion@example.org")
    link = re.search(r"/unsubscribe/([\w-]+)", str(read(project.messages()[0])["List-Unsubscribe"]))
    assert link is not None
    with project.app() as app:
        assert app.choices.find(link[1]) is None
        assert app.choices.unsubscribe(link[1], app.clock(), "one-click") is None
    listed = project.done("subscribers", "--json").json["subscribers"]
    assert {one["state"] for one in listed} == {"active"}


def test_a_test_to_a_suppressed_address_is_refused(project: Project) -> None:
    project.done("collect")
    project.done("suppressions", "add", "redaktion@example.org")
    result = project("send", "wochenblick", "--cadence", "daily", "--test", "Redaktion@example.org")
    assert result.code == 2
    assert "suppressed" in result.err
    assert project.messages() == []


def test_send_mails_an_issue_once(project: Project) -> None:
    project.subscribe("daily")
    project.done("collect")
    first = project.done("send", "wochenblick", "--cadence", "daily")
    assert "3 of 3 accepted" in first.out
    second = project.done("send", "wochenblick", "--cadence", "daily")
    assert "nothing to mail" in second.out
    assert len(project.messages()) == 3
    assert project.done("send", "wochenblick", "--cadence", "daily", "--json").json["mailed"] == {
        "issues": [],
        "notices": {},
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("daily", "--slot", "2026-11-20T07:30"), "The one before it is 2026-11-20 07:00"),
        (("daily", "--slot", "2999-01-01T07:00"), "still to come"),
        (("daily", "--slot", "tomorrow"), "is no time"),
        (("immediate", "--slot", "2026-11-20T07:00"), "no slots of its own"),
        (("weekly",), "There is `immediate` or `daily`"),
        (("daily", "--slot", "2026-11-20T07:00", "--test", "a@example.org"), "A test has no slot"),
        (("daily", "--test", "nobody"), "is no mail address"),
    ],
)
def test_send_refuses_what_makes_no_sense(project: Project, options: tuple[str, ...], told: str) -> None:
    result = project("send", "wochenblick", "--cadence", *options)
    assert result.code == 2
    assert told in result.err


def test_send_takes_a_slot_on_the_wall_clock_of_the_newsletter(project: Project) -> None:
    project.subscribe("daily")
    project.done("collect")
    sent = project.done("send", "wochenblick", "--cadence", "daily", "--slot", "2026-07-20T07:00", "--json")
    (issue,) = sent.json["mailed"]["issues"]
    assert issue["slot"] == "2026-07-20T05:00:00+00:00"
    assert issue["accepted"] == 3


def in_doubt(project: Project) -> int:
    """Leave an issue as a process does that died between its call to the provider and the answer."""
    project.subscribe()
    project.done("collect")
    with project.app() as app:
        (issue,) = freeze_due(app)
        app.render_issue(issue)
        now = app.clock()
        held = app.store.ledger.claim(ROUTES, "somebody/1/gone", now, timedelta(minutes=1))
        while held is not None:
            app.store.ledger.intend(held, "somebody/1/gone", LANE, "0" * 64, now, timedelta(minutes=1))
            held = app.store.ledger.claim(ROUTES, "somebody/1/gone", now, timedelta(minutes=1))
        app.store.ledger.expire(now, ["somebody/1/gone"])
    return issue


def test_an_issue_is_shown_with_its_doubtful_recipients(project: Project) -> None:
    issue = in_doubt(project)
    text = project.done("issues", "show", str(issue)).out
    assert "3 in doubt" in text
    assert "anna@example.org" in text
    assert "Das kleine Modell" in text
    assert f"rundbrief issues resolve {issue} --accepted" in text
    shown = project.done("issues", "show", str(issue), "--json").json["issue"]
    assert shown["in_doubt"] == shown["audience"] == 3
    addresses = [address for one in shown["open_batches"] for address in one["recipients"]]
    assert sorted(addresses) == ["anna@example.org", "ben@example.com", "chiara@example.net"]
    assert set(shown["batches"]) == {"in_doubt"}
    assert {one["language"] for one in shown["variants"]} == {"de", "en"}
    assert "wochenblick" in project.done("issues").out


def test_a_person_decides_that_it_was_accepted(project: Project) -> None:
    issue = in_doubt(project)
    told = project.done("issues", "resolve", str(issue), "--accepted", "--all", "--json").json
    assert told["decided"] == 3
    assert (told["issue"]["state"], told["issue"]["accepted"]) == ("finished", 3)
    project.done("run")
    assert project.messages() == []
    again = project("issues", "resolve", str(issue), "--accepted", "--all")
    assert again.code == 1
    assert "Nothing of it is in doubt" in again.err


def test_a_person_decides_that_it_is_handed_over_again(project: Project) -> None:
    issue = in_doubt(project)
    assert "handed over again" in project.done("issues", "resolve", str(issue), "--resend", "--all").out
    project.done("run")
    assert len(project.messages()) == 3


def test_a_decision_needs_an_issue_and_a_choice(project: Project) -> None:
    assert project("issues", "resolve", "7", "--accepted").code == 2
    assert project("issues", "show", "7").code == 2
    assert project("issues", "resolve", "7").code == 2


def test_a_restored_store_mails_nothing_until_a_person_accepts_it(project: Project) -> None:
    project.subscribe()
    project.done("run")
    files = [project.directory / "var" / f"rundbrief.db{suffix}" for suffix in ("", "-wal", "-shm")]
    before = {file: file.read_bytes() for file in files if file.exists()}
    project.write_article("Ganz neu", 9)
    project.done("run")
    assert len(project.messages()) == 6
    for file in files:
        file.unlink(missing_ok=True)
    for file, content in before.items():
        file.write_bytes(content)

    fenced = project("run", "--json")
    assert fenced.code == 1
    assert [problem["code"] for problem in fenced.json["problems"]] == ["store-fenced"]
    assert project("check").code == 1
    asked = project("unfence")
    assert asked.code == 2
    assert "older copy" in asked.err
    assert "--yes" in asked.err
    opened = project.done("unfence", "--yes", "--json").json
    assert (opened["fenced"], opened["opened"]) == (True, True)
    assert [one["articles"] for one in opened["pending"]] == [1], "what would be mailed again is named"
    assert "nothing to do" in project.done("unfence").out
    project.done("run")
