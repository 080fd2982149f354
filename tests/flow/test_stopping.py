"""Ctrl-C and SIGTERM while a source hangs: the process ends soon, and loses nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.engine.side_by_side import Interrupted, side_by_side
from tests.fakes.commands import CONFIG as MAILED
from tests.fakes.commands import Project
from tests.fakes.feed_server import FeedServer
from tests.fakes.mailgun_server import MailgunServer, delayed
from tests.fakes.polling import rss

RUNDBRIEF = [sys.executable, "-c", "import sys; from pipeline.cli.main import main; sys.exit(main())"]
LONG = 60
"""Seconds: far less than the sources would hang, far more than stopping takes on a busy machine."""

CONFIG = """\
[site]
title    = "KI-Wochenblick"
url      = "https://news.example.org"
language = "de"
timezone = "UTC"

[web]
listen = "127.0.0.1:0"

[[feeds]]
name  = "alle"
title = "Alle Artikel"
"""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/feed"


def project_with(tmp_path: Path, capsys: pytest.CaptureFixture[str], *urls: str) -> Project:
    sources = "".join(
        f'\n[[sources]]\nname = "s{number}"\ntype = "feed"\nurl = "{url}"\nallow_private = true\n'
        f'timeout = "5 minutes"\nschedule = "* * * * *"\n'
        for number, url in enumerate(urls)
    )
    return Project.make(tmp_path / "project", capsys, CONFIG + sources)


@contextmanager
def started(project: Project, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own; what it says goes to a file beside the project."""
    arguments = [*RUNDBRIEF, "--config", str(project.directory / "config.toml"), *command]
    with (project.directory / "said.txt").open("wb") as said:
        running = subprocess.Popen(arguments, stdout=said, stderr=said)
        try:
            yield running
        finally:
            running.kill()
            running.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_hangs_at_a_source_is_stopped_at_once(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    server: FeedServer,
    silent: str,
    number: signal.Signals,
    code: int,
) -> None:
    good = server.document("/good", rss([1, 2, 3]))
    dripping = server.drip_headers("/drip", 0.2)
    project = project_with(tmp_path, capsys, silent, good, dripping)
    with started(project, "run") as running:
        until(lambda: server.asked("/good") and server.asked("/drip"))
        until(lambda: len(project.done("articles", "--json").json["articles"]) == 3)
        running.send_signal(number)
        assert running.wait(LONG) == code
    (run,) = project.done("runs", "--json").json["runs"]
    assert run["outcome"] == "failed"
    assert [problem["code"] for problem in run["problems"]] == ["interrupted"]
    listed = project.done("sources", "--json").json["sources"]
    assert [one["state"] for one in listed] == ["new", "ok", "new"], "what was broken off counts as no failure"


def test_serve_ends_though_a_source_hangs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: FeedServer, silent: str
) -> None:
    project = project_with(tmp_path, capsys, silent, server.drip("/drip", 0.2))
    with started(project, "serve") as running:
        until(lambda: server.asked("/drip"))
        running.send_signal(signal.SIGTERM)
        assert running.wait(LONG) == 0
    runs = project.done("runs", "--json").json["runs"]
    assert {run["outcome"] for run in runs if run["job"].startswith("collect/")} == {"broken_off"}


def test_serve_that_is_stopped_in_the_middle_of_an_issue_leaves_nothing_in_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls under way come to their end; whoever runs next goes on with the others."""
    people = 300
    with MailgunServer() as mailgun:
        monkeypatch.setenv("MAILGUN_API_KEY", mailgun.api_key)
        table = (
            f'[providers.outbox]\ntype = "mailgun"\ndomain = "mg.example.org"\nbase_url = "{mailgun.base_url}"\n'
            'api_key_env = "MAILGUN_API_KEY"\nmax_batch = 1\n'
        )
        config = MAILED.replace('[providers.outbox]\ntype = "outbox"\n', table)
        project = Project.make(tmp_path / "project", capsys, '[web]\nlisten = "127.0.0.1:0"\n\n' + config)
        rows = "".join(f"person{n:04}@example.org\n" for n in range(people))
        listed = project.directory / "people.csv"
        listed.write_text(f"email\n{rows}", encoding="utf-8")
        chosen = ("--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed")
        project.done("subscribers", "import", str(listed), *chosen)
        mailgun.faults.extend(delayed(0.05) for _ in range(people))
        with started(project, "serve") as running:
            until(lambda: len(mailgun.accepted) > 5)
            running.send_signal(signal.SIGTERM)
            assert running.wait(LONG) == 0
        handed = len(mailgun.accepted)
        assert 5 < handed < people
        (issue,) = project.done("issues", "--json").json["issues"]
        assert (issue["accepted"], issue["in_doubt"], issue["to_do"]) == (handed, 0, people - handed)
        mailgun.faults.clear()
        project.done("run")
        assert sorted(mailgun.accepted) == sorted({f"person{n:04}@example.org" for n in range(people)})


def until(happened: Callable[[], object], seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


# ---- many things at once


def test_what_is_made_comes_in_the_order_of_the_items() -> None:
    assert side_by_side(lambda n: n * 2, list(range(100)), threads=7, stopping=threading.Event()) == [
        n * 2 for n in range(100)
    ]
    assert side_by_side(lambda n: n, [], threads=7, stopping=threading.Event()) == []


def test_no_more_than_the_threads_are_at_work_at_once() -> None:
    lock, busy, most = threading.Lock(), [0], [0]

    def work(_: int) -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.01)
        with lock:
            busy[0] -= 1

    side_by_side(work, list(range(20)), threads=3, stopping=threading.Event())
    assert most[0] == 3


def test_what_is_raised_ends_all() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 3:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        side_by_side(work, list(range(1000)), threads=1, stopping=threading.Event())
    assert done == [0, 1, 2]


def test_who_hangs_is_left_alone_once_it_is_to_stop() -> None:
    stopping, hanging, entered = threading.Event(), threading.Event(), threading.Event()

    def work(_: int) -> None:
        entered.set()
        hanging.wait(60)

    def stop() -> None:
        entered.wait(LONG)
        stopping.set()

    threading.Thread(target=stop).start()
    with pytest.raises(Interrupted):
        side_by_side(work, [1, 2, 3], threads=1, stopping=stopping, grace=0.1)
    hanging.set()
