"""`rundbrief serve` with an every-minute schedule, at the speed of real minutes."""

from __future__ import annotations

import json
import mailbox
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import feedparser
import pytest
import requests

from tests.fakes.commands import ARTICLE, CONFIG, Project

ROOT = Path(__file__).parents[2]
LONGEST = 130
"""Seconds until what should happen has not: enough for a slot of a minute on a machine that has much else to do."""
RUNDBRIEF = (sys.executable, "-c", "from pipeline.cli.main import main; raise SystemExit(main())")


class Serving:
    """A serving process, and what people see of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.start()

    def start(self) -> None:
        command = [*RUNDBRIEF, "--config", str(self.directory / "config.toml"), "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        found = re.search(r"http://[\d.:]+", self.process.stdout.readline())
        assert found
        self.url = found[0]

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=120)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    def feed(self) -> requests.Response:
        return requests.get(f"{self.url}/feeds/alle/atom.xml", timeout=60)

    def titles(self) -> list[str]:
        return sorted(entry.title for entry in feedparser.parse(self.feed().content).entries)

    def mails(self, title: str) -> list[Message]:
        box = mailbox.Maildir(self.directory / "outbox", create=True)
        return [message for message in box if title in str(message["Subject"])]


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def write(directory: Path, title: str, day: int) -> None:
    (directory / "articles" / f"{title}.md").write_text(ARTICLE.format(title=title, day=day), encoding="utf-8")


def slots(project: Project) -> list[str]:
    runs = json.loads(project.done("runs", "--limit", "500", "--json").out)["runs"]
    return [run["slot"] for run in runs if run["job"] == "collect/artikel" and run["slot"]]


def test_a_document_is_in_the_feeds_and_the_mail_at_the_next_slot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = CONFIG.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nlanguage = "de"\nschedule = "* * * * *"\n', 1)
    config = config.replace("[[sources]]", '[web]\nlisten = "127.0.0.1:0"\n\n[[sources]]', 1)
    project = Project.make(tmp_path / "project", capsys, config)
    project.subscribe()
    for old in (project.directory / "articles").iterdir():
        old.unlink()
    write(project.directory, "Eins", 1)
    serving = Serving(project.directory)
    try:
        wait_until(lambda: serving.feed().ok and serving.titles() == ["Eins"])
        wait_until(lambda: len(serving.mails("Eins")) == 3)

        # A reader polls, and is told that nothing is new.
        tag = serving.feed().headers["etag"]
        again = requests.get(f"{serving.url}/feeds/alle/atom.xml", headers={"If-None-Match": tag}, timeout=60)
        assert (again.status_code, again.content) == (304, b"")

        # One click takes a person out; only looking at the page does not.
        (leaving,) = [mail for mail in serving.mails("Eins") if "anna@" in str(mail["To"])]
        link = str(leaving["List-Unsubscribe"]).strip("<>").replace("https://news.example.org", serving.url)
        assert requests.get(link, timeout=60).ok
        assert requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).ok

        write(project.directory, "Zwei", 2)
        os.kill(serving.process.pid, signal.SIGKILL)
        serving.stop(signal.SIGKILL)
        serving.start()
        wait_until(lambda: serving.titles() == ["Eins", "Zwei"])
        wait_until(lambda: len(serving.mails("Zwei")) == 2)
        assert "anna@example.org" not in {str(mail["To"]) for mail in serving.mails("Zwei")}
        assert len(serving.mails("Eins")) == 3
        # The directory is watched too: what matters of the slots is that each that passes is taken once.
        wait_until(lambda: len(slots(project)) > 1)
    finally:
        code = serving.stop(signal.SIGTERM)
    assert code == 0
    assert len(slots(project)) == len(set(slots(project)))


def test_a_directory_is_watched_between_its_slots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = CONFIG.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nschedule = "0 0 1 1 *"\n', 1)
    config = config.replace("[[sources]]", '[web]\nlisten = "127.0.0.1:0"\n\n[[sources]]', 1)
    project = Project.make(tmp_path / "project", capsys, config)
    serving = Serving(project.directory)
    try:
        wait_until(lambda: serving.feed().ok and len(serving.titles()) == 2)
        write(project.directory, "Eins", 1)
        wait_until(lambda: "Eins" in serving.titles())
        (project.directory / "articles" / "Eins.md").unlink()
        wait_until(lambda: "Eins" not in serving.titles())
    finally:
        assert serving.stop(signal.SIGTERM) == 0


def test_an_article_that_is_sent_in_is_published_and_mailed_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cms = '[[sources]]\nname = "cms"\ntype = "push"\nsettle = "0 minutes"\ntopics = ["ki"]\n\n'
    config = CONFIG.replace("[[sources]]", f'[web]\nlisten = "127.0.0.1:0"\n\n{cms}[[sources]]', 1)
    project = Project.make(tmp_path / "project", capsys, config)
    project.subscribe()
    for old in (project.directory / "articles").iterdir():
        old.unlink()
    made = project.done("tokens", "create", "cms", "--scope", "articles:write", "--json").json
    serving = Serving(project.directory)
    try:
        article = {"source": "cms", "id": "1", "title": "Gesendet", "html": "<p>Ein Text.</p>"}
        headers = {"Authorization": f"Bearer {made['token']}"}
        url = f"{serving.url}/api/v1/articles"
        assert requests.post(url, json=article, headers=headers, timeout=60).status_code == 201
        assert requests.get(url, headers=headers, timeout=60).status_code == 403
        assert requests.post(url, json=article, timeout=60).status_code == 401
        wait_until(lambda: serving.feed().ok and serving.titles() == ["Gesendet"])
        wait_until(lambda: len(serving.mails("Gesendet")) == 3)
    finally:
        serving.stop(signal.SIGTERM)
