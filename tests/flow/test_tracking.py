"""Openings and clicks from the mail to the numbers of an issue, and of who doesn't want to be counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path

import pytest
import requests

from pipeline.app import open_app
from pipeline.audience.tokens import PREFERENCES
from pipeline.audience.tracked_links import TrackedLinks
from pipeline.people_serving import audience_of, site_of
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health
from pipeline.web.tracking import TrackedLinkPages
from tests.fakes.commands import CONFIG, Project

TEMPLATES = Path(__file__).parents[2] / "templates"
TRACKING = "[newsletters.tracking]\nopens = true\nclicks = true\n\n[newsletters.cadences]"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str], tracking: str = TRACKING) -> Project:
    text = CONFIG.replace("[newsletters.cadences]", tracking).replace('daily     = "0 7 * * *"\n', "")
    project = Project.make(tmp_path / "p", capsys, text)
    project.done("subscribers", "import", str(project.directory / "subscribers.csv"), *CHOSEN)
    return project


CHOSEN = ("--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed")


def mail(project: Project) -> dict[str, EmailMessage]:
    files = (project.directory / "outbox" / "new").iterdir()
    messages = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return {str(message["To"].addresses[0].addr_spec): message for message in messages}


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def links(message: EmailMessage) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="(https://news\.example\.org/t/[^"]+)"', html_of(message))]


def pixel(message: EmailMessage) -> str:
    return unescape(re.findall(r'src="(https://news\.example\.org/t/[^"]+\.gif)"', html_of(message))[0])


@contextmanager
def served(project: Project) -> Iterator[str]:
    app = open_app(project.directory / "config.toml")
    site = site_of(app)
    web = create_app(
        site,
        feeds=FeedDocuments(Path("/nonexistent"), site),
        templates=[TEMPLATES],
        choices=app.choices,
        health=lambda: Health(ready=True),
        clock=app.clock,
        audience=audience_of(app, lambda: None),
        tracking=TrackedLinkPages(TrackedLinks(site.url, app.keys), app.store.tracking.count),
    )
    with WebServer(web, "127.0.0.1", 0) as server:
        yield server.url
    app.close()


def visit(url: str, address: str, method: str = "GET", **headers: str) -> requests.Response:
    there = address.replace("https://news.example.org", url, 1)
    return requests.request(method, there, headers={**PERSON, **headers}, allow_redirects=False, timeout=5)


def counted(project: Project) -> dict[str, object]:
    found = project.done("issues", "show", "1", "--json").json["issue"]["counted"]
    assert isinstance(found, dict)
    return found


def test_what_people_open_and_click_is_counted_by_issue_and_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = the_project(tmp_path, capsys)
    project.done("run")
    message = mail(project)["anna@example.org"]
    with served(project) as url:
        answer = visit(url, links(message)[0])
        assert answer.status_code == 302
        target = answer.headers["Location"]
        assert "/t/" not in target
        assert visit(url, pixel(message)).headers["Content-Type"] == "image/gif"
    assert counted(project) == {"opens": 1, "clicks": 1, "links": {target: 1}}
    shown = project.done("issues", "show", "1").out
    assert "openings 1, clicks 1" in shown
    assert target in shown


def test_programs_are_led_on_and_not_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = the_project(tmp_path, capsys)
    project.done("run")
    message = mail(project)["anna@example.org"]
    with served(project) as url:
        for method, headers in (
            ("HEAD", {}),
            ("GET", {"Sec-Purpose": "prefetch;prerender"}),
            ("GET", {"Purpose": "prefetch"}),
            ("GET", {"X-Purpose": "preview"}),
            ("GET", {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}),
            ("GET", {"User-Agent": "python-requests/2.32"}),
            ("GET", {"User-Agent": ""}),
        ):
            assert visit(url, links(message)[0], method, **headers).status_code == 302
            assert visit(url, pixel(message), method, **headers).status_code == 200
        assert counted(project) == {"opens": 0, "clicks": 0, "links": {}}
        # Whoever follows everything at once is none of them either.
        for _ in range(20):
            assert visit(url, links(message)[0]).status_code == 302
    assert counted(project)["clicks"] in range(1, 5)


def test_nobody_is_led_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = the_project(tmp_path, capsys)
    project.done("run")
    genuine = links(mail(project)["anna@example.org"])[0]
    start = genuine.partition("?")[0]
    with served(project) as url:
        for forged in (
            f"{start}?u=https://evil.example/",
            f"{start}?u=https://evil.example/&{genuine.partition('?')[2]}",
            start,
            f"{start}.gif",
            genuine.replace("/t/y/1/", "/t/y/2/"),
            genuine.replace("/t/y/1/", "/t/y/1000000000000000000000/"),
            genuine.replace("/t/y/1/", "/t/y/1/A"),
            f"{genuine}x",
        ):
            answer = visit(url, forged)
            assert answer.status_code == 404, forged
            assert "Location" not in answer.headers
    assert counted(project) == {"opens": 0, "clicks": 0, "links": {}}


def test_who_does_not_want_to_be_counted_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = the_project(tmp_path, capsys)
    app = open_app(project.directory / "config.toml")
    anna = next(iter(app.store.subscriptions.listed(address="anna@example.org")))
    token = app.keys.make(PREFERENCES, anna.id)
    app.close()
    with served(project) as url:
        page = requests.get(f"{url}/preferences/{token}", timeout=5).text
        assert 'name="untracked" value="yes">' in page
        fields = {"action": "save", "cadence": "immediate", "tracking": "asked", "untracked": "yes"}
        page = requests.post(f"{url}/preferences/{token}", data=fields, timeout=5).text
        assert 'name="untracked" value="yes" checked' in page
        project.done("run")
        anna_s, ben_s = mail(project)["anna@example.org"], mail(project)["ben@example.com"]
        assert all("/t/n/1/" in link for link in (*links(anna_s), pixel(anna_s)))
        assert all("/t/y/1/" in link for link in (*links(ben_s), pixel(ben_s)))
        assert visit(url, links(anna_s)[0]).status_code == 302
        assert visit(url, pixel(anna_s)).status_code == 200
    assert counted(project) == {"opens": 0, "clicks": 0, "links": {}}


def test_without_it_there_is_no_trace_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = the_project(tmp_path, capsys, "[newsletters.cadences]")
    project.done("run")
    for message in mail(project).values():
        raw = message.as_string()
        assert "/t/" not in html_of(message)
        assert ".gif" not in raw
        assert "counted" not in raw


def test_ways_out_and_past_issues_are_never_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = the_project(tmp_path, capsys)
    project.done("run")
    message = mail(project)["anna@example.org"]
    html = html_of(message)
    assert 'href="https://news.example.org/unsubscribe/' in html
    assert 'href="https://news.example.org/preferences/' in html
    assert not any("unsubscribe" in link or "preferences" in link for link in links(message))
    assert "/t/" not in str(message["List-Unsubscribe"])
    with served(project) as url:
        index = requests.get(f"{url}/archive/wochenblick/", timeout=5)
        (path,) = set(re.findall(r'href="([^"]*\d{4}-\d\d-\d\d[^"]*)"', index.text))
        page = requests.get(requests.compat.urljoin(index.url, path), timeout=5).text
    assert "/t/" not in page
    assert 'width="1"' not in page
    assert "Das kleine Modell" in page
