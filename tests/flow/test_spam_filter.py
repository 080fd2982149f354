"""A spam filter of one's own, asked about what would be mailed."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Project


class Spamd(socketserver.StreamRequestHandler):
    """Answers as spamd does: the points are the line of the message's subject that names them, else none."""

    def handle(self) -> None:
        assert self.rfile.readline() == b"SYMBOLS SPAMC/1.5\r\n"
        length = int(self.rfile.readline().partition(b": ")[2])
        assert self.rfile.readline() == b"\r\n"
        message = self.rfile.read(length)
        assert message.startswith(b"From: ")
        score = "7.3" if b"Spam" in message else "-0.1"
        head = f"SPAMD/1.1 0 EX_OK\r\nContent-length: 22\r\nSpam: True ; {score} / 5.0\r\n\r\n"
        self.wfile.write(head.encode() + b"HTML_MESSAGE,FREE_WORD")


class Rspamd(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        symbols = {"WELL": {"score": -1.0}, "LITTLE": {"score": 0.5}, "MUCH": {"score": 4.0}}
        body = json.dumps({"score": 3.5, "required_score": 15.0, "symbols": symbols}).encode()
        self.send_response(200 if self.path == "/checkv2" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[misc]  # host and port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    project = Project.make(tmp_path / "project", capsys)
    project.subscribe()
    project.done("collect")
    return project


def ask(project: Project, address: str) -> None:
    project.configure("[providers.outbox]", f'[preflight]\nspam_filter = "{address}"\n\n[providers.outbox]')


def found(project: Project) -> list[str]:
    plan = project.done("plan", "wochenblick", "--cadence", "immediate", "--json").json["issues"][0]
    return [one["what"] for one in plan["variants"][0]["findings"] if one["code"] == "spam-score"]


def test_spamassassin_is_asked_and_a_good_message_has_nothing_to_fear(project: Project) -> None:
    with served(socketserver.TCPServer(("127.0.0.1", 0), Spamd)) as port:
        ask(project, f"spamd://127.0.0.1:{port}")
        assert found(project) == []
        project.write_article("Spam", 9)
        project.done("collect")
        assert found(project) == ["The spam filter gives it 7.3 points; it may have 1: HTML_MESSAGE, FREE_WORD."]
        assert "7.3 points" in project.done("preview", "wochenblick", "--cadence", "immediate", "--no-open").out


def test_rspamd_is_asked_and_names_what_counted_most(project: Project) -> None:
    with served(HTTPServer(("127.0.0.1", 0), Rspamd)) as port:
        ask(project, f"rspamd://127.0.0.1:{port}")
        assert found(project) == ["The spam filter gives it 3.5 points; it may have 1: MUCH, LITTLE."]


def test_a_filter_that_does_not_answer_stops_nothing_and_is_said(project: Project) -> None:
    ask(project, "spamd://127.0.0.1:1")
    (what,) = found(project)
    assert what.startswith("spamd://127.0.0.1:1 can't be asked: ")
    project.done("run")
    assert len(project.messages()) == 3
