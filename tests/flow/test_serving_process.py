"""`rundbrief serve` under a service manager: what it tells, what it is handed, and a new configuration."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from pipeline.serve import hung_up
from tests.fakes.commands import CONFIG, Project

ROOT = Path(__file__).parents[2]
PROGRAM = (
    "import os, sys\n"
    "from pipeline.cli.main import main\n"
    "if len(sys.argv) > 1 and sys.argv[1] == 'activated':\n"
    "    os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'}\n"
    "    os.dup2(int(sys.argv[2]), 3)\n"
    "    del sys.argv[1:3]\n"
    "raise SystemExit(main(sys.argv[1:]))\n"
)
QUIET = CONFIG.replace("[[sources]]", '[web]\nlisten = "127.0.0.1:0"\n\n[[sources]]', 1).replace(
    'topics  = ["ki"]\n', 'topics  = ["ki"]\nschedule = "0 0 1 1 *"\n', 1
)


class Manager:
    """The end of the socket on which a service tells how it is."""

    def __init__(self, directory: Path) -> None:
        self.address = str(directory / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.settimeout(60)

    def heard(self, *words: str) -> str:
        """The next message that begins with one of these; others are passed over."""
        while not (told := self._socket.recv(4096).decode()).startswith(words):
            pass
        return told

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    one = Manager(tmp_path)
    yield one
    one.close()


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys, QUIET)


@contextmanager
def serving(
    project: Project, manager: Manager, *first: str, fd: int | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", PROGRAM, *first, "--config", str(project.directory / "config.toml"), "serve"]
    environ = os.environ | {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000", "RUNDBRIEF_LOG": "json"}
    with (project.directory / "log.txt").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=environ,
            pass_fds=[] if fd is None else [fd],
        )
        try:
            assert process.stdout
            found = re.search(r"http://[\d.:]+", process.stdout.readline())
            assert found, (project.directory / "log.txt").read_text()
            yield process, found[0]
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def lines(project: Project) -> list[dict[str, str]]:
    return [json.loads(line) for line in (project.directory / "log.txt").read_text().splitlines()]


def test_it_tells_its_manager_how_it_is_and_takes_a_new_configuration_over(project: Project, manager: Manager) -> None:
    with serving(project, manager) as (process, url):
        assert manager.heard("READY") == "READY=1\nSTATUS=1 sources, 1 feeds, 1 newsletters"
        manager.heard("WATCHDOG=1")
        assert requests.get(f"{url}/healthz", timeout=10).text == "ok\n"
        ready = requests.get(f"{url}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["details"]["schedules"]) == (200, "ok")
        assert ready.json()["details"]["mailing"] == "ok"

        # A mistake changes nothing.
        project.configure('title = "Alle Artikel"', 'titel = "Neu"')
        process.send_signal(signal.SIGHUP)
        manager.heard("RELOADING=1")
        manager.heard("READY")
        assert requests.get(f"{url}/healthz", timeout=10).ok
        assert any(
            "not taken over" in line["event"] and "titel" in line["what"] + line["where"] for line in lines(project)
        )

        # A connection that comes while it changes waits, and is answered.
        project.configure('titel = "Neu"', 'title = "Neu"\n\n[[feeds]]\nname = "noch-einer"\ntitle = "Noch einer"')
        process.send_signal(signal.SIGHUP)
        manager.heard("RELOADING=1")
        assert requests.get(f"{url}/healthz", timeout=30).ok
        assert manager.heard("READY") == "READY=1\nSTATUS=1 sources, 2 feeds, 1 newsletters"
        assert requests.get(f"{url}/readyz", timeout=10).ok

        project.done("hold", "--reason", "secret reason")
        told = requests.get(f"{url}/readyz", timeout=10)
        assert "on hold since" in told.json()["details"]["mailing"]
        assert "secret" not in told.text

        process.send_signal(signal.SIGTERM)
        manager.heard("STOPPING=1")
        assert process.wait(60) == 0


def test_it_serves_at_the_socket_that_it_was_started_with(project: Project, manager: Manager) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        port = listening.getsockname()[1]
        with serving(project, manager, "activated", str(listening.fileno()), fd=listening.fileno()) as (process, url):
            assert url == f"http://127.0.0.1:{port}"
            assert requests.get(f"{url}/healthz", timeout=10).ok
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def test_a_terminal_that_is_gone_is_told_from_one_that_is_there() -> None:
    ours, theirs = os.openpty()
    assert not hung_up(theirs)
    os.close(ours)
    assert hung_up(theirs)
    os.close(theirs)
    with Path(os.devnull).open() as nothing:
        assert not hung_up(nothing.fileno())
