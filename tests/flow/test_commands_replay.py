"""`rundbrief replay`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import CONFIG, Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    project = Project.make(tmp_path / "project", capsys)
    project.subscribe()
    project.done("run")
    return project


def test_what_was_mailed_is_made_again_byte_by_byte(project: Project) -> None:
    project.write_article("Das kleine Modell", 5)
    project.done("collect")
    found = project.done("replay", "1", "--json").json
    assert (found["same"], found["proved"], found["unproved"]) == (True, 2, 0)
    assert [one["same"] for one in found["variants"]] == [True, True]
    assert "2 of 2 variants are the same, byte by byte." in project.done("replay", "1").out


def test_where_the_configuration_was_changed_it_says_what_differs(project: Project) -> None:
    changed = CONFIG.replace('title     = "KI-Wochenblick"', 'title = "KI-Blick"')
    (project.directory / "config.toml").write_text(changed, encoding="utf-8")
    result = project("replay", "1")
    assert result.code == 1
    assert "Variant 1 differs in its text, first in line 1:" in result.out
    assert "  rebuilt  KI-Blick ·" in result.out


def test_a_recipient_who_was_erased_is_no_proof_any_more(project: Project) -> None:
    with project.app() as app:
        (anna,) = app.store.subscriptions.listed(address="anna@example.org")
        assert app.store.preferences.erase(anna.id, app.clock())
    found = project.done("replay", "1", "--json").json
    assert (found["same"], found["proved"], found["unproved"]) == (True, 1, 1)


def test_what_was_never_rendered_can_not_be_compared(project: Project) -> None:
    project.done("send", "wochenblick", "--cadence", "daily")
    assert "there is nothing to compare" in project.done("replay", "2").out
    assert "There is no issue 9." in project("replay", "9").err
