"""Pictures on their way: from a source into our directory, into mail, and over HTTP to a reader."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event

import pytest
import requests

from pipeline.app import App, now, open_app
from pipeline.engine.local import LocalEngine
from pipeline.engine.pictures import Copying, copy_pictures
from pipeline.web.pictures import PictureFiles
from tests.fakes.commands import Project
from tests.fakes.feed_server import FeedServer
from tests.fakes.pictures import encoded, jpeg, photograph
from tests.fakes.pretended_network import PretendedNetwork

PICTURES = """
[pictures]
enabled = true
"""
OURS = re.compile(r"https://news\.example\.org/pictures/([0-9a-f]{2}/[0-9a-f]{28}-(\d+)\.(?:jpg|png|gif))")
ARTICLE = """\
---
title: Drei Bilder
date: 2026-11-06
image:
  url: {lead}
  alt: Ein Hafen
---

Davor ein Absatz, damit der Artikel nicht nur aus Bildern besteht, und noch einer dahinter.

![Kran]({second})

![Fehlt]({missing})
"""


@dataclass
class Harbour:
    """A project whose newest article shows pictures that a server has."""

    project: Project
    server: FeedServer
    network: PretendedNetwork
    lead: str
    second: str
    missing: str

    def app(self) -> App:
        return open_app(self.project.directory / "config.toml", network=self.network.network)

    def run(self) -> str:
        """A pass.  The HTML of the message with the article."""
        app = self.app()
        try:
            report = LocalEngine(app).run()
            assert report.problems == ()
        finally:
            app.close()
        return self.mailed()

    def mailed(self) -> str:
        for file in self.project.messages():
            part = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("html",))
            assert part is not None
            html: str = part.get_content()
            if "Drei Bilder" in html:
                return html
        raise AssertionError("no message has the article")

    @property
    def directory(self) -> Path:
        return self.project.directory / "pictures"


@pytest.fixture
def harbour(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Harbour]:
    with FeedServer() as server:
        server.document("/hafen.jpg", jpeg(2400, 1600, orientation=1), "image/jpeg")
        server.document("/kran.webp", encoded(photograph(800, 600), "WEBP"), "image/webp")
        # Each from a host of its own, so that none waits for its turn.
        urls = [
            server.url(path, f"{name}.example")
            for name, path in (("eins", "/hafen.jpg"), ("zwei", "/kran.webp"), ("drei", "/fehlt.jpg"))
        ]
        project = Project.make(tmp_path / "project", capsys)
        with (project.directory / "config.toml").open("a", encoding="utf-8") as config:
            config.write(PICTURES)
        for article in (project.directory / "articles").iterdir():
            article.unlink()
        (project.directory / "articles" / "bilder.md").write_text(
            ARTICLE.format(lead=urls[0], second=urls[1], missing=urls[2]), encoding="utf-8"
        )
        project.subscribe()
        yield Harbour(project, server, PretendedNetwork(), *urls)


def test_mail_has_our_copies_in_their_size_and_the_source_where_there_is_none(harbour: Harbour) -> None:
    html = harbour.run()
    ours = OURS.findall(html)
    assert [width for _, width in ours] == ["1072", "800"]
    assert harbour.lead not in html
    assert harbour.second not in html
    assert harbour.missing in html
    images = re.findall(r"<img [^>]*>", html)
    lead, second = (next(image for image in images if name in image) for name, _ in ours)
    assert 'width="536"' in lead
    assert 'height="357"' in lead
    assert 'alt="Ein Hafen"' in lead
    assert 'width="536"' in second
    assert 'height="402"' in second
    assert all((harbour.directory / name).is_file() for name, _ in ours)
    assert sorted(request.path for request in harbour.server.requests) == ["/fehlt.jpg", "/hafen.jpg", "/kran.webp"]


def test_nothing_is_fetched_twice(harbour: Harbour) -> None:
    harbour.run()
    harbour.run()
    assert len(harbour.server.requests) == 3


def test_without_the_switch_nothing_is_fetched_and_the_source_is_linked(harbour: Harbour) -> None:
    harbour.project.configure("enabled = true", "enabled = false")
    html = harbour.run()
    assert harbour.lead in html
    assert not OURS.search(html)
    assert harbour.server.requests == []
    assert not harbour.directory.exists()


def test_a_server_that_never_answers_keeps_no_mail_back(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engine.local.PICTURE_PATIENCE", 0.2)
    harbour.server.drip("/hafen.jpg")
    html = harbour.run()
    assert harbour.lead in html


def test_a_directory_that_can_not_be_written_is_told_and_keeps_no_mail_back(harbour: Harbour) -> None:
    harbour.directory.write_text("in the way")
    app = harbour.app()
    try:
        report = LocalEngine(app).run()
    finally:
        app.close()
    assert [problem.code for problem in report.problems] == ["pictures"]
    assert harbour.lead in harbour.mailed()


def test_copies_that_were_lost_are_not_linked_and_made_again(harbour: Harbour) -> None:
    app = harbour.app()
    try:
        LocalEngine(app).collect(["artikel"])
        assert copy_pictures(app, Event()) == ()
        assert len(list(harbour.directory.rglob("*.jpg"))) == 4
        shutil.rmtree(harbour.directory)
        (article,) = app.store.articles.newest(limit=None)
        assert app.picturing.copies([article.id]) == {article.id: ()}
        assert copy_pictures(app, Event()) == ()
        assert len(app.picturing.copies([article.id])[article.id]) == 2
    finally:
        app.close()


def test_what_no_article_shows_any_more_is_removed_after_a_while(harbour: Harbour) -> None:
    harbour.run()
    article = harbour.project.directory / "articles" / "bilder.md"
    article.write_text(re.sub(r"image:\n.*\n.*\n", "", article.read_text(encoding="utf-8")), encoding="utf-8")
    harbour.run()
    assert len(list(harbour.directory.rglob("*.jpg"))) == 4
    later = open_app(harbour.project.directory / "config.toml", lambda: now() + timedelta(days=91))
    try:
        assert later.picturing.clean() == 1
    finally:
        later.close()
    assert len(list(harbour.directory.rglob("*.jpg"))) == 2


def test_a_thread_copies_when_it_is_woken_and_ends_when_it_is_told(harbour: Harbour) -> None:
    app = harbour.app()
    copying = Copying(app)
    copying.start()
    try:
        LocalEngine(app).collect(["artikel"])
        copying.wake()
        for _ in range(300):
            if len(app.store.pictures.wanted(now() + timedelta(days=9), 9)) == 0 and app.store.pictures.counts():
                break
            Event().wait(0.1)
        assert app.store.pictures.counts()["copied"][0] == 2
    finally:
        copying.stop()
        app.close()


def test_over_http_a_copy_may_be_kept_for_ever_and_is_nothing_but_a_picture(harbour: Harbour) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from pipeline.web.server import WebServer

    name = OURS.findall(harbour.run())[0][0]
    (harbour.directory / "secret.txt").write_text("x")
    (harbour.directory / name[:2] / ".draft.tmp").write_text("x")
    app = Starlette(routes=[Route("/pictures/{path:path}", PictureFiles(harbour.directory).answer)])
    with WebServer(app, "127.0.0.1", 0, fresh=lambda _name: None) as server:
        base = f"{server.url}/pictures/"
        got = requests.get(base + name, timeout=5)
        assert got.status_code == 200
        assert got.content == (harbour.directory / name).read_bytes()
        assert got.headers["content-type"] == "image/jpeg"
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
        again = requests.get(base + name, timeout=5, headers={"If-None-Match": got.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = requests.head(base + name, timeout=5)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(got.content)))
        assert requests.post(base + name, timeout=5).status_code == 405
        for other in (
            "secret.txt",
            f"{name[:2]}/.draft.tmp",
            "",
            "../config.toml",
            "%2e%2e/config.toml",
            f"{name}/",
            name[:-4],
        ):
            assert requests.get(base + other, timeout=5).status_code == 404, other


def test_the_command_lists_copies_and_forgets(harbour: Harbour) -> None:
    run = harbour.project
    harbour.run()
    listed = run.done("pictures", "--json").json
    assert listed["counts"] == {"copied": 2, "left": 1}
    assert listed["bytes"] > 10_000
    assert {one["url"]: one["state"] for one in listed["pictures"]} == {
        harbour.lead: "copied",
        harbour.second: "copied",
        harbour.missing: "left",
    }
    assert "404" in run.done("pictures", "--state", "left").out
    assert run.done("pictures", "--limit", "1").out.strip().endswith("1 of 3; --limit shows more.")
    run.done("pictures", "forget", harbour.lead)
    assert run("pictures", "forget", harbour.lead + "?").code == 1
    assert len(list(harbour.directory.rglob("*.jpg"))) == 2
    assert run.done("pictures", "copy", "--json").json["copied"] == 0
    assert run.done("pictures", "--json").json["counts"] == {"copied": 1, "left": 2}


def test_the_preview_shows_copies_that_are_not_on_the_web_yet(harbour: Harbour, tmp_path: Path) -> None:
    harbour.run()
    target = tmp_path / "preview"
    harbour.project.done("preview", "wochenblick", "--cadence", "daily", "--directory", str(target), "--no-open")
    assert f'"{harbour.directory.as_uri()}/' in (target / "issue.html").read_text(encoding="utf-8")
    assert b"https://news.example.org/pictures/" in (target / "issue.eml").read_bytes().replace(b"=\r\n", b"")


def test_without_the_switch_the_command_says_how_to_turn_it_on(harbour: Harbour) -> None:
    harbour.project.configure("enabled = true", "enabled = false")
    assert "[pictures]" in harbour.project.done("pictures").out
    result = harbour.project("pictures", "copy")
    assert result.code == 1
    assert "[pictures]" in result.err
