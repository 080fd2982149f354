"""`rundbrief hub`, and what a run says of a hub of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.publish.websub.asking import Asked, Mode
from pipeline.publish.websub.records import Claim, HubLimits
from tests.fakes.commands import CONFIG, Project

ATOM = "https://news.example.org/feeds/alle/atom.xml"


def with_hub(hub: str, more: str = "") -> str:
    config = CONFIG.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nlanguage = "de"\n', 1)
    return config.replace("[[sources]]", f'[publish]\nhub = "{hub}"\n{more}\n[[sources]]', 1)


def test_without_a_hub_there_is_nothing_to_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.make(tmp_path / "p", capsys)
    assert "The feeds name no hub." in project.done("hub").out
    assert project.done("hub", "--json").json == {"hub": None, "ours": False, "requests": 0, "topics": []}


def test_a_run_tells_the_hub_of_each_changed_document_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/").respond_with_data(status=204)
    project = Project.make(tmp_path / "p", capsys, with_hub(httpserver.url_for("/"), "hub_allow_private = true"))
    assert project.done("run", "--json").json["problems"] == []
    project.done("run")
    told = sorted(request.form["hub.url"] for request, _ in httpserver.log)
    assert told == [f"https://news.example.org/feeds/alle/{name}" for name in ("atom.xml", "feed.json", "rss.xml")]
    assert {request.form["hub.mode"] for request, _ in httpserver.log} == {"publish"}
    shown = project.done("hub")
    assert shown.out.count("up to date") == 3


def test_a_hub_that_can_not_be_told_fails_the_run_but_not_the_publication(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project.make(tmp_path / "p", capsys, with_hub("http://127.0.0.1:9/"))
    result = project("run", "--json")
    assert result.code == 1
    (problem,) = result.json["problems"]
    assert problem["code"] == "websub-ping"
    assert problem["where"] == "http://127.0.0.1:9/"
    assert "not a public address" in problem["what"]
    assert "hub_allow_private" in problem["what"]
    assert len(result.json["published"]["written"]) > 3
    assert (project.directory / "feeds" / "alle" / "atom.xml").exists()
    assert "to be told, next try " in project.done("hub").out
    (atom, *_) = project.done("hub", "--json").json["topics"]
    assert (atom["url"], atom["owed"], atom["failures"]) == (ATOM, True, 1)


def test_subscriptions_are_listed_without_what_only_their_subscriber_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project.make(tmp_path / "p", capsys, with_hub("self"))
    project.done("collect")
    project.done("publish")
    with project.app() as app:
        requests, now = app.store.websub.requests, app.clock()
        asked = Asked(
            mode=Mode.SUBSCRIBE, topic=ATOM, callback="https://reader.example.net/push?token=t0ken", secret="s3cret"
        )
        assert requests.ask(asked, now, HubLimits())
        (pending,) = requests.claim(Claim(owner="me", now=now, until=now, limit=1, per_host=1))
        assert requests.confirmed(pending, now)
    shown, listed = project.done("hub"), project.done("hub", "--json")
    assert "https://reader.example.net/push?…" in shown.out
    assert "none yet" in shown.out
    for result in (shown, listed):
        assert "t0ken" not in result.out + result.err
        assert "s3cret" not in result.out + result.err
    (atom, *others) = listed.json["topics"]
    (one,) = atom["subscriptions"]
    assert (one["callback"], one["signed"], one["current"]) == ("https://reader.example.net/push?…", True, True)
    assert [topic["subscriptions"] for topic in others] == [[], []]


@pytest.mark.parametrize("hub", ["selbst", "hub.example.org", "https://u:p@hub.example.org/"])
def test_a_hub_is_an_address_or_self(tmp_path: Path, capsys: pytest.CaptureFixture[str], hub: str) -> None:
    result = Project.make(tmp_path / "p", capsys, with_hub(hub))("hub")
    assert result.code == 2
    assert "publish.hub" in result.err
