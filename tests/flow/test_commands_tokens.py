"""`rundbrief tokens`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.commands import Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_a_token_is_shown_once_and_is_good_until_it_is_revoked(project: Project) -> None:
    made = project.done(
        "tokens", "create", "cms", "--scope", "articles:write", "--scope", "articles:read", "--json"
    ).json
    with project.app() as app:
        token = app.store.api_tokens.good(made["token"], app.clock())
        assert token is not None
        assert sorted(token.scopes) == ["articles:read", "articles:write"]
        assert app.store.api_tokens.good(made["token"], app.clock() + timedelta(days=366)) is None
    listed = project.done("tokens").out
    assert "cms" in listed
    assert made["token"] not in listed
    assert "The token cms is good no more." in project.done("tokens", "revoke", "cms").out
    with project.app() as app:
        assert app.store.api_tokens.good(made["token"], app.clock()) is None
    assert project("tokens", "revoke", "cms").code == 1
    assert project.done("tokens", "--json").json["tokens"][0]["state"] == "revoked"


def test_a_token_for_ever_and_what_can_not_be_made(project: Project) -> None:
    said = project.done("tokens", "create", "dash", "--scope", "issues:read", "--days", "0").out
    assert said.startswith("rb_")
    assert "good for issues:read, for ever" in said
    assert "There is a token called dash already." in project("tokens", "create", "dash", "--scope", "issues:read").err
    assert "may do nothing" in project("tokens", "create", "other").err
    assert project("tokens", "create", "other", "--scope", "everything").code == 2
