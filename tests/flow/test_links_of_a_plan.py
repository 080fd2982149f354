"""`rundbrief plan --online`: whether what a message leads to is still there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.app import App, open_app
from pipeline.engine.links import MOST_OF_A_HOST, Links
from pipeline.engine.plan import Planner
from pipeline.engine.saved_plans import save_plans
from pipeline.render.findings import Finding, Level
from tests.fakes.commands import Project
from tests.fakes.feed_server import FeedServer
from tests.fakes.pretended_network import PretendedNetwork

ARTICLE = "---\ntitle: Verweise\ndate: 2026-11-06\ntopics: [ki]\n---\n\nText, der auf manches verweist.\n\n{links}\n"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    project = Project.make(tmp_path / "project", capsys)
    for article in (project.directory / "articles").iterdir():
        article.unlink()
    project.subscribe()
    return project


def write(project: Project, *urls: str) -> App:
    """An article with these links, collected; and an app whose network leads public names to the server."""
    links = "\n\n".join(f"[Verweis {number}]({url})" for number, url in enumerate(urls))
    (project.directory / "articles" / "verweise.md").write_text(ARTICLE.format(links=links), encoding="utf-8")
    project.done("collect")
    return open_app(project.directory / "config.toml", network=PretendedNetwork().network)


def dead(app: App) -> Sequence[Finding]:
    plans = Planner(app, app.clock(), Links(app)).plan(app.newsletters["wochenblick"], "immediate")
    found = {one for plan in plans for variant in plan.variants for one in variant.findings}
    return sorted((one for one in found if one.code == "link-dead"), key=lambda one: one.place)


def test_what_is_gone_is_found_and_what_only_refuses_programs_is_not(project: Project, server: FeedServer) -> None:
    server.document("/da", b"hier", "text/html")
    for status in (403, 404, 410, 429, 500, 999):
        server.status(f"/{status}", status)
    server.redirect("/umgezogen", server.url("/da", "ziel.example"), 301)
    paths = ["/da", "/403", "/404", "/410", "/429", "/500", "/999", "/umgezogen"]
    # Each from a host of its own, so that none waits for its turn.
    urls = [server.url(path, f"eins{number}.example") for number, path in enumerate(paths)]
    app = write(project, *urls, "https://news.example.org/feeds/alle/", "http://10.0.0.1/intern")
    try:
        found = dead(app)
    finally:
        app.close()
    reasons = {one.place: one.what.partition(": ")[2] for one in found}
    assert {place.rpartition("/")[2] for place in reasons} == {"404", "410", "500", "intern"}
    assert reasons[urls[2]] == "the server answers 404 (Not Found)."
    assert {one.level for one in found} == {Level.WARNING}
    assert len(server.asked("/404")) == 1, "once, however many variants lead there"


def test_a_host_is_asked_for_so_many_pages_and_no_more(project: Project, server: FeedServer) -> None:
    many = [server.url(f"/{number}", "eins.example") for number in range(MOST_OF_A_HOST + 5)]
    for number in range(len(many)):
        server.status(f"/{number}", 404)
    app = write(project, *many)
    app.fetcher._hosts.sleep = lambda _seconds: None
    try:
        assert len(dead(app)) == MOST_OF_A_HOST
    finally:
        app.close()


def test_no_plan_is_saved_that_leads_nowhere_where_that_is_an_error(project: Project, server: FeedServer) -> None:
    project.configure("[providers.outbox]", '[preflight]\nerrors = ["link-dead"]\n\n[providers.outbox]')
    server.status("/weg", 404)
    app = write(project, server.url("/weg", "eins.example"))
    try:
        (saving,) = save_plans(app, app.newsletters["wochenblick"], "immediate", Links(app))
        assert [one.code for one in saving.problems] == ["preflight-link-dead"]
        assert app.store.issues.shown() == []
    finally:
        app.close()
