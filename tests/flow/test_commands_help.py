"""What the command says about itself, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from typer.core import TyperGroup, TyperOption

from pipeline.cli.everywhere import hoisted
from pipeline.cli.failures import report_failure
from pipeline.cli.main import main
from pipeline.cli.root import command
from pipeline.errors import StoreError
from tests.fakes.commands import CONFIG, Project

ROOT = Path(__file__).parents[2]
RUNDBRIEF = [sys.executable, "-c", "import sys; from pipeline.cli.main import main; sys.exit(main())"]
HEAVY = ("alembic", "babel", "feedparser", "jinja2", "lxml", "nh3", "premailer", "pydantic", "requests", "rich")


def every_command(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, one in group.commands.items():
        if isinstance(one, TyperGroup):
            yield from every_command(one, (*path, name))
        else:
            yield (*path, name), one


COMMANDS = {path: one for path, one in every_command(command()) if not one.hidden}  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_teaches_by_an_example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--help"]) == 0
    text = capsys.readouterr().out
    after = text.partition("Example")[2]
    asked = " ".join(path[:-1] if path[-1] == "list" else path)
    assert f"rundbrief {asked}" in after or f" {asked}" in after
    assert "\\b" not in text


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_manual_has_every_command_with_its_options(path: tuple[str, ...]) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    heading = f"`rundbrief {' '.join(path)}"
    start = page.find(f"## {heading}")
    assert start >= 0, f"docs/commands.md has no section {heading}"
    section = re.split(r"^##+ ", page[start + 3 :], maxsplit=1, flags=re.MULTILINE)[0]
    assert "```" in section, "an example"
    for parameter in COMMANDS[path].params:  # type: ignore[attr-defined]
        if isinstance(parameter, TyperOption):
            for name in (*parameter.opts, *parameter.secondary_opts):
                assert f"`{name}" in section, name


def test_the_manual_has_what_is_understood_everywhere() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for parameter in command().params:
        assert f"`{parameter.opts[0]}" in page


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom pipeline.cli.main import main\nmain(['--help'])\n"
        f"print([name for name in {(*HEAVY, 'sqlalchemy')!r} if name in sys.modules], file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stderr == "[]\n"


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "rundbrief init" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"rundbrief \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        (["run", "--json"], ["--json", "run"]),
        (["run", "--config", "a.toml"], ["--config", "a.toml", "run"]),
        (["run", "--config=a.toml", "x"], ["--config=a.toml", "run", "x"]),
        (["config", "show"], ["config", "show"]),
        (["collect", "--", "--json"], ["collect", "--", "--json"]),
        (["run", "--config"], ["--config", "run"]),
    ],
)
def test_what_is_understood_everywhere_may_stand_anywhere(given: list[str], moved: list[str]) -> None:
    assert hoisted(given) == moved


@pytest.mark.parametrize(
    "arguments", [["colect"], ["run", "--fast"], ["send", "x"], ["runs", "show", "x"], ["--json", "articles", "show"]]
)
def test_wrong_use_ends_with_2_and_says_how_it_is_meant(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.err.startswith("Usage: rundbrief")
    assert "--help` tells more" in told.err
    assert ('"code": "usage"' in told.out) == ("--json" in arguments)


def test_a_value_that_is_none_of_those_there_are_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--outcome", "nope"]) == 2
    assert "Invalid value for '--outcome': 'nope' is not one of 'running', 'done'," in capsys.readouterr().err


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_may_be_left_out_stands_in_one_pair_of_brackets(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    assert "[[" not in capsys.readouterr().out.partition("\n")[0]


def test_an_unexpected_error_is_a_sentence_and_a_traceback_only_where_it_is_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report_failure(ValueError("no such thing\nmore"), as_json=False) == 1
    told = capsys.readouterr()
    assert "failed unexpectedly: ValueError: no such thing" in told.err
    assert told.err.count("\n") == 1
    assert "RUNDBRIEF_DEBUG=1" in told.err
    monkeypatch.setenv("RUNDBRIEF_DEBUG", "1")
    report_failure(ValueError("no such thing"), as_json=False)
    assert "ValueError: no such thing\nrundbrief: failed" in capsys.readouterr().err


def test_an_error_of_ours_is_told_with_its_place_and_mending(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(StoreError("is full.", where="store", mend="Make room."), as_json=True) == 1
    told = capsys.readouterr()
    assert told.err == "store: is full. Make room.\n"
    assert '"code": "store"' in told.out


def test_an_interruption_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(KeyboardInterrupt(), as_json=True) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.make(tmp_path / "project", capsys)
    project.done("collect")
    called = [*RUNDBRIEF, "--config", str(project.directory / "config.toml"), "articles", "--json"]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        ended = subprocess.run(called, stdout=gone, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert ended.stderr == ""
    assert ended.returncode == 1


def test_serve_says_where_it_listens_and_stops_when_it_is_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = CONFIG.replace("[[sources]]", f'[web]\nlisten = "127.0.0.1:{port}"\n\n[[sources]]', 1)
    project = Project.make(tmp_path / "project", capsys, config)
    called = [*RUNDBRIEF, "--config", str(project.directory / "config.toml"), "serve"]
    with subprocess.Popen(called, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        assert serving.stdout is not None
        assert f"http://127.0.0.1:{port}/" in serving.stdout.readline()
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).text == "ok\n"
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(timeout=20) == 0
