"""`rundbrief init`, `check` and `config`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from pipeline import config
from pipeline.cli.main import main
from pipeline.cli.toml_text import toml_text
from tests.fakes.commands import CONFIG, Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_what_init_writes_works_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "news"]) == 0
    told = capsys.readouterr().out
    assert "news/config.toml" in told
    assert "cd news" in told
    project = Project(tmp_path / "news", capsys)
    project.done("check")
    assert project.done("run", "--json").json["collected"]["new"] > 0


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "config.toml"
    mine.write_text(CONFIG)
    assert main(["init", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kept"] == [str(mine)]
    assert mine.read_text() == CONFIG
    assert main(["init", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == []


def test_init_brings_templates_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--templates"]) == 0
    assert (tmp_path / "templates" / "email" / "digest.html.j2").exists()
    loaded = config.load(tmp_path / "config.toml", {})
    assert loaded.templates.directory == tmp_path / "templates"
    Project(tmp_path, capsys).done("check")


def test_init_into_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_a_check_without_problems_says_what_it_looked_at_and_changes_nothing(project: Project) -> None:
    before = sorted(project.directory.rglob("*"))
    told = project.done("check").out
    for what in ("configuration", "source artikel", "templates of newsletter wochenblick", "provider outbox", "store"):
        assert what in told
    assert sorted(project.directory.rglob("*")) == before
    project.done("collect")
    assert all(one["ok"] for one in project.done("check", "--json").json["checks"])


def test_a_check_warns_of_a_mailbox_for_those_who_leave_that_nobody_reads(project: Project) -> None:
    project.configure("[newsletters.cadences]", 'unsubscribe_mailto = "leave@example.org"\n[newsletters.cadences]')
    unread = "newsletters.wochenblick.unsubscribe_mailto"
    assert unread in [one["where"] for one in project.done("check", "--json").json["warnings"]]
    (project.directory / "leaving" / "new").mkdir(parents=True)
    project.configure("[providers.outbox]", '[bounces]\nmaildir = "leaving"\n\n[providers.outbox]')
    assert unread not in [one["where"] for one in project.done("check", "--json").json["warnings"]]


def test_a_check_lists_every_problem(project: Project) -> None:
    project.configure('"articles"', '"nowhere"')
    (project.directory / "templates" / "email" / "digest.html.j2").write_text("{{ no_such_thing }}\n")
    (project.directory / "outbox").write_text("a file")
    (project.directory / "var").write_text("a file")
    result = project("check", "--json")
    assert result.code == 1
    problems = result.json["problems"]
    assert [problem["code"] for problem in problems] == ["source", "render", "directory", "directory"]
    assert "no_such_thing" in problems[1]["what"]
    assert problems[2]["where"] == "providers.outbox.directory"
    assert result.err.count("\n") == 4
    assert project("check").out.count("FAILED") == 4


def test_a_check_of_a_wrong_configuration_ends_with_2(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILGUN_API_KEY", raising=False)
    mailgun = '[providers.outbox]\ntype = "mailgun"\ndomain = "mg.example.org"\napi_key_env = "MAILGUN_API_KEY"\n'
    project.configure('[providers.outbox]\ntype = "outbox"\n', mailgun)
    result = project("check")
    assert result.code == 2
    assert "MAILGUN_API_KEY is not set" in result.err


def test_the_effective_configuration_is_a_configuration(project: Project, tmp_path: Path) -> None:
    text = project.done("config").out
    again = tmp_path / "again.toml"
    again.write_text(text, encoding="utf-8")
    first, second = (config.load(file, {}) for file in (project.directory / "config.toml", again))
    assert second.model_dump() == first.model_dump()
    assert str(project.directory / "articles") in text
    assert project.done("config", "show", "--json").json["site"]["title"] == "KI-Wochenblick"


def test_the_effective_configuration_has_no_secret(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUN_API_KEY", "very-secret")
    project.configure(
        '[providers.outbox]\ntype = "outbox"\n',
        '[providers.outbox]\ntype = "mailgun"\ndomain = "mg.example.org"\napi_key_env = "MAILGUN_API_KEY"\n',
    )
    for arguments in (("config",), ("config", "--json")):
        told = project.done(*arguments).out
        assert "MAILGUN_API_KEY" in told
        assert "very-secret" not in told


@pytest.mark.parametrize(
    "value",
    [
        {"a": 'quotes " and \\ and\nlines', "b": "Ü „x“ \x7f \x01"},
        {"a b": {"c.d": 1, "e": [1.5, True]}},
        {"list": [{"x": 1, "in": {"y": "z"}}, {"x": 2}]},
        {"empty": {}, "none": []},
    ],
)
def test_toml_is_read_back_as_it_was(value: dict[str, object]) -> None:
    assert tomllib.loads(toml_text(value)) == value


def test_the_schema_is_written_without_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["config", "schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["title"] == "config.toml of Rundbrief"
    assert main(["config", "schema", "--output", "config.schema.json"]) == 0
    assert json.loads((tmp_path / "config.schema.json").read_text(encoding="utf-8")) == printed
    assert "#:schema ./config.schema.json" in capsys.readouterr().out
    assert main(["config", "schema", "--output", "no/such/place"]) == 2
