"""`rundbrief run`, `collect`, `publish`, and what lists what they did."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from pipeline.cli.logs import configure_logs
from pipeline.cli.main import main
from pipeline.domain.audience import Choice
from pipeline.domain.sign_up import NewSignUp
from tests.fakes.commands import CONFIG, Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_run_does_the_main_job_and_a_second_one_finds_nothing_to_do(project: Project) -> None:
    project.subscribe()
    first = project.done("run", "--json").json
    assert first["collected"] == {"new": 2, "revised": 0, "retracted": 0, "unchanged": 0}
    assert str(project.directory / "feeds" / "alle" / "atom.xml") in first["published"]["written"]
    (issue,) = first["mailed"]["issues"]
    assert (issue["newsletter"], issue["cadence"], issue["audience"], issue["accepted"]) == (
        "wochenblick",
        "immediate",
        3,
        3,
    )
    assert first["problems"] == []
    assert len(project.messages()) == 3

    second = project.done("run", "--json").json
    assert second["collected"]["unchanged"] == 2
    assert second["published"]["written"] == []
    assert second["mailed"]["issues"] == []
    assert len(project.messages()) == 3


def test_the_summary_says_what_was_done_and_where_to_look(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.directory)
    project.subscribe()
    summary = project.done("run").out
    assert "Collected  2 new" in summary
    assert "in feeds/" in summary
    assert "wochenblick, immediate" in summary
    assert "3 of 3 accepted" in summary
    assert "feeds/index.html" in summary
    assert "outbox/" in summary
    assert "nothing was due" in project.done("run").out


def test_the_summary_counts_messages_about_subscriptions(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.directory)
    project.done("run")

    def ask(address: str) -> None:
        with project.app() as app:
            asked = NewSignUp(newsletter="wochenblick", address=address, choice=Choice(cadence="immediate"))
            app.store.sign_ups.ask(asked, app.clock())

    ask("dora@example.org")
    pending = project.done("subscribers", "list", "--state", "pending")
    assert re.search(r"SIGNED UP, NOT CONFIRMED.*\ndora@example.org +wochenblick +immediate", pending.out)
    assert "There is nobody" not in pending.out
    summary = project.done("run").out
    assert "wochenblick: 1 message about subscriptions accepted" in summary
    assert "nothing was due" not in summary
    assert "outbox/" in summary
    ask("emil@example.org")
    assert project.done("run", "--json").json["mailed"] == {"issues": [], "notices": {"wochenblick": 1}}
    assert project.done("run", "--json").json["mailed"] == {"issues": [], "notices": {}}
    assert len(project.messages()) == 2
    pending = project.done("subscribers", "list", "--state", "pending", "--json").json["unconfirmed"]
    assert [one["address"] for one in pending] == ["dora@example.org", "emil@example.org"]
    others = project.done("subscribers", "list", "--state", "active", "--json").json
    assert (others["total"], others["unconfirmed"]) == (0, [])


def test_remarks_that_are_left_out_are_found_by_the_number_of_the_run(project: Project) -> None:
    for number in range(12):
        file = project.write_article(f"Von morgen {number}")
        file.write_text(file.read_text(encoding="utf-8").replace("2026-11-05", "2926-11-05"), encoding="utf-8")
    found = re.search(r"and 2 more: `rundbrief runs show (\d+) --json` has them all", project.done("run").out)
    assert found
    assert len(project.done("runs", "show", found[1], "--json").json["run"]["counts"]["notes"]) == 12


def test_a_source_that_fails_is_named_and_the_others_are_collected(project: Project) -> None:
    project.configure("[[feeds]]", '[[sources]]\nname = "weg"\ntype = "directory"\npath = "nowhere"\n\n[[feeds]]')
    result = project("run")
    assert result.code == 1
    assert "source weg" in result.err
    assert "2 new" in result.out
    listed = {one["name"]: one for one in project.done("sources", "--json").json["sources"]}
    assert listed["weg"]["failures"] == 1
    assert listed["weg"]["error"]
    assert listed["artikel"]["articles"] == 2
    assert listed["artikel"]["last_success"].endswith("+00:00")


def test_a_source_that_is_no_longer_configured_is_still_listed(project: Project) -> None:
    project.done("collect")
    project.configure('name    = "artikel"', 'name    = "andere"')
    out = project.done("sources").out
    assert re.search(r"^andere +new ", out, re.MULTILINE)
    assert re.search(r"^artikel +not configured ", out, re.MULTILINE)


def test_the_list_of_sources_fits_a_terminal_and_says_below_what_failed(project: Project) -> None:
    project.configure("[[feeds]]", '[[sources]]\nname = "weg"\ntype = "directory"\npath = "nowhere"\n\n[[feeds]]')
    project("run")
    table, _, below = project.done("sources").out.partition("\nweg: ")
    assert "nowhere" in below
    assert max(map(len, table.splitlines())) <= 120
    assert "failing since" in table


def test_remarks_are_shown_and_are_no_failure(project: Project) -> None:
    future = "---\ntitle: Morgen\ndate: 2999-01-01\n---\n\nEin Text, der noch kommt.\n"
    (project.directory / "articles" / "morgen.md").write_text(future, encoding="utf-8")
    result = project.done("run")
    assert "Remarks" in result.out
    assert "morgen.md" in result.out


def test_every_run_is_written_down(project: Project) -> None:
    project.done("run")
    project.done("collect")
    runs = project.done("runs", "--json").json["runs"]
    assert [(run["job"], run["slot"], run["outcome"]) for run in runs] == [
        ("collect", None, "done"),
        ("run", None, "done"),
    ]
    assert runs[1]["counts"]["collected"]["new"] == 2
    assert project.done("runs", "--job", "run", "--limit", "5").out.count("done") == 1
    shown = project.done("runs", "show", str(runs[1]["id"])).out
    assert "2 new" in shown
    assert project("runs", "show", "99").code == 2


def test_a_failed_run_keeps_its_problems(project: Project) -> None:
    project.configure('"articles"', '"nowhere"')
    assert project("collect").code == 1
    (run,) = project.done("runs", "--json").json["runs"]
    assert run["outcome"] == "failed"
    assert run["problems"][0]["where"] == "source artikel"
    assert "nowhere" in project.done("runs", "show", str(run["id"])).out


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(("collect", "artikl"), "artikel"), (("publish", "ale"), "alle"), (("articles", "--source", "artike"), "artikel")],
)
def test_a_wrong_name_is_told_the_nearest(project: Project, arguments: tuple[str, ...], nearest: str) -> None:
    result = project(*arguments)
    assert result.code == 2
    assert f"Did you mean `{nearest}`?" in result.err
    assert result.out == ""


def test_one_stage_does_only_its_own(project: Project) -> None:
    project.subscribe()
    assert "2 new" in project.done("collect", "artikel").out
    assert not (project.directory / "feeds").exists()
    assert "written" in project.done("publish", "alle").out
    assert (project.directory / "feeds" / "alle" / "feed.json").exists()
    assert project.messages() == []


def test_articles_are_listed_and_shown_with_all_that_is_known(project: Project) -> None:
    project.done("collect")
    (newest, older) = project.done("articles", "--json").json["articles"]
    assert (newest["title"], older["title"]) == ("Der große Wurf", "Das kleine Modell")
    assert newest["published"] == "2026-11-03T23:00:00+00:00"
    shown = project.done("articles", "show", str(newest["id"]), "--json").json["article"]
    assert "„Größe“" in shown["html"]
    assert shown["teaser"]
    assert shown["language"] == "de"
    assert shown["topics"] == ["ki"]
    assert shown["release"] == 2
    assert [one["number"] for one in shown["revisions"]] == [1]
    text = project.done("articles", "show", newest["public_id"]).out
    assert "Der große Wurf" in text
    assert "2026-11-04 00:00" in text
    assert "release 2" in text
    assert project("articles", "show", "99").code == 2
    assert project("articles", "show", "https://[broken").code == 2


def test_an_article_is_found_by_its_address_however_it_is_spelt(project: Project) -> None:
    text = "---\ntitle: Anderswo\nurl: https://blog.example.org/post/\n---\n\nEin Text.\n"
    (project.directory / "articles" / "anderswo.md").write_text(text, encoding="utf-8")
    project.done("collect")
    shown = project.done("articles", "show", "http://www.blog.example.org/post?utm_source=x", "--json").json["article"]
    assert shown["title"] == "Anderswo"


def test_tables_are_readable_where_they_are_piped(project: Project) -> None:
    long = "Ein sehr langer Titel, der auf keinem Terminal in eine Zeile passt, " * 4
    project.write_article(long.strip(), 6)
    project.done("collect")
    out = project.done("articles").out
    assert long.strip() in out
    assert "\x1b" not in out
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_titles_are_shown_as_they_are(project: Project) -> None:
    file = project.directory / "articles" / "markup.md"
    file.write_text('---\ntitle: "[bold]Klammern[/bold] :smile:"\n---\n\nText.\n', encoding="utf-8")
    project.done("collect")
    assert "[bold]Klammern[/bold] :smile:" in project.done("articles").out


def test_every_mistake_in_the_configuration_is_told_at_once(project: Project) -> None:
    project.configure('settle  = "0 minutes"', 'setle  = "0 minutes"')
    project.configure('["outbox"]', '["outbx"]')
    project.configure('"0 7 * * *"', '"0 77 * * *"')
    result = project("run", "--json")
    assert result.code == 2
    wheres = [problem["where"] for problem in result.json["problems"]]
    assert len(wheres) == 3
    assert result.err.count("\n") == 3
    assert "Did you mean `settle`?" in result.err
    assert not (project.directory / "var").exists()


def test_a_store_that_cannot_be_used_is_a_failure_and_no_traceback(project: Project) -> None:
    (project.directory / "var").mkdir()
    (project.directory / "var" / "rundbrief.db").write_text("This is no database. " * 100)
    result = project("articles", "--json")
    assert result.code == 1
    assert len(result.json["problems"]) == 1
    assert "Traceback" not in result.err


def test_log_lines_are_json_where_that_is_wanted_and_hold_no_address(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNDBRIEF_LOG", "json")
    project.subscribe()
    result = project.done("run")
    lines = [json.loads(line) for line in result.err.splitlines()]
    assert [line["event"] for line in lines] == [
        "collect begins",
        "publish begins",
        "issue made",
        "mail begins",
    ]
    assert {line["run"] for line in lines} == {1}
    assert "@" not in result.err


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_in_the_log_shows_no_values(
    form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNDBRIEF_LOG", form)
    configure_logs()

    def fail(address: str) -> None:
        raise ValueError(len(address))

    try:
        fail("@".join(["anna", "example.org"]))  # noqa: FLY002  (the traceback shows this line)
    except ValueError:
        structlog.get_logger("test").exception("went wrong", job="mail")
        logging.getLogger("library").warning("a warning of %s", "theirs")
    told = capsys.readouterr().err
    assert "went wrong" in told
    assert "ValueError" in told
    assert "anna@example.org" not in told
    assert "a warning of theirs" in told


def test_an_interrupted_run_says_so_in_the_store(project: Project) -> None:
    project.done("run")
    with project.app() as app:
        run = app.store.runs.begin("run", None, "somebody/1/gone", app.clock())
        assert run is not None
        app.store.runs.break_off(["somebody/1/gone"], app.clock())
    assert "broken off" in project.done("runs").out


def test_the_configuration_is_found_by_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNDBRIEF_CONFIG", str(project.directory / "config.toml"))
    assert main(["config"]) == 0
    assert CONFIG.partition("\n")[0] in project.capsys.readouterr().out
