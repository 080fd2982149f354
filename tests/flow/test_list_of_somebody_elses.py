"""A newsletter that goes to a list at listmonk: one push an issue, and people sign up there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.commands import CONFIG, Project
from tests.fakes.list_owner_servers import API_KEY, ListmonkServer
from tests.fakes.mailgun_server import Fault

LISTS = """
[providers.lists]
type = "listmonk"
base_url = "{base_url}"
username = "rundbrief"
api_key_env = "LISTMONK_TOKEN"
lists = [3]
template = 1
"""
PEOPLE = ["anna@example.org", "ben@example.org", "cleo@example.org"]


@pytest.fixture
def listmonk() -> Iterator[ListmonkServer]:
    with ListmonkServer() as server:
        yield server


@pytest.fixture
def project(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    listmonk: ListmonkServer,
) -> Project:
    monkeypatch.setenv("LISTMONK_TOKEN", API_KEY)
    text = CONFIG.replace('providers = ["outbox"]', 'providers = ["lists"]').replace('daily     = "0 7 * * *"\n', "")
    return Project.make(tmp_path / "p", capsys, text + LISTS.format(base_url=listmonk.base_url))


def test_the_list_gets_each_issue_once(project: Project, listmonk: ListmonkServer) -> None:
    first = project.done("run", "--json").json["mailed"]["issues"]
    assert [(one["audience"], one["accepted"]) for one in first] == [(1, 1)]
    assert listmonk.addresses() == PEOPLE
    project.done("run")
    assert listmonk.addresses() == PEOPLE
    assert "list@lists.invalid" in project.done("subscribers").out


def test_whether_a_lost_answer_was_a_start_is_found_out(project: Project, listmonk: ListmonkServer) -> None:
    listmonk.faults_at["start"] = Fault(cut=True, accept=True)
    issues = project.done("run", "--json").json["mailed"]["issues"]
    assert [(one["accepted"], one["in_doubt"]) for one in issues] == [(1, 0)]
    assert len([one for one in listmonk.requests if listmonk.stage(one) == "start"]) == 1
    assert listmonk.addresses() == PEOPLE


def test_people_are_told_where_they_belong(project: Project, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\neva@example.org\n", encoding="utf-8")
    chosen = ("--newsletter", "wochenblick", "--confirmed")
    for done in (
        project("subscribers", "add", "eva@example.org", *chosen),
        project("subscribers", "import", str(tmp_path / "list.csv"), *chosen),
    ):
        assert done.code == 2
        assert "goes to a list that lists owns" in done.err
