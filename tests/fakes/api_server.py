"""An HTTP server on loopback that behaves like a mail provider's JSON API, with faults on demand.

A subclass says what the provider makes of a request (`answer`): it checks what the real one checks, keeps what it
accepts with `accept`, and returns status and document.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.mailgun_server import Fault

_POLICY = SMTP.clone(max_line_length=998)


@dataclass(frozen=True)
class Request:
    """``query`` has the first value of each parameter; ``document`` is the body's JSON, None where it has none."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class ApiServer:
    """``base_url`` is its address; ``faults`` happen to the next calls; ``accepted`` are address and message."""

    largest_body = 50_000_000

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.requests: list[Request] = []
        self.accepted: list[tuple[str, EmailMessage]] = []
        self.refused_addresses: set[str] = set()
        self.lock = threading.RLock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.api = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def calls(self) -> list[Request]:
        """The requests that submit something."""
        return [request for request in self.requests if request.method == "POST"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> tuple[int, object] | tuple[int, object, Mapping[str, str]]:
        raise AssertionError(request)

    def accept(self, address: str, message: EmailMessage) -> None:
        with self.lock:
            self.accepted.append((address, message))

    def addresses(self) -> list[str]:
        """Everyone who was accepted, in order, as often as they were."""
        return [address for address, _ in self.accepted]

    def handle(self, request: Request) -> tuple[Fault | None, tuple[int, object, Mapping[str, str]]]:
        with self.lock:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults and request.method == "POST" else None
        if fault is not None:
            time.sleep(fault.delay)
        if fault is not None and not fault.accept and (fault.cut or fault.status != 200 or fault.body):
            return fault, (200, {}, {})
        if len(request.body) > self.largest_body:
            return fault, (413, {}, {})
        with self.lock:
            status, document, *rest = self.answer(request)
        return fault, (status, document, rest[0] if rest else {})  # type: ignore[return-value]


def email(
    *,
    from_: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Iterable[tuple[str, str]],
    reply_to: str | None = None,
) -> EmailMessage:
    """The message that goes out."""
    message = EmailMessage(policy=_POLICY)
    message["From"], message["To"], message["Subject"] = from_, to, subject
    message["Date"] = formatdate(0)
    if reply_to:
        message["Reply-To"] = reply_to
    for name, value in headers:
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    api: ApiServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that is gone is what tests are about
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    do_PUT = do_POST  # noqa: N815 -- http.server calls it so

    def do_GET(self) -> None:
        self._handle(b"")

    def _handle(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        request = Request(self.command, parts.path, query, self.headers, body)  # type: ignore[arg-type]
        fault, (status, document, headers) = self.server.api.handle(request)
        if fault is not None and fault.cut:
            if fault.body:
                self._answer(fault.status, fault.body, fault.headers, missing=100)
            self._cut()
        elif fault is not None and (fault.status != 200 or fault.body):
            self._answer(fault.status, fault.body, fault.headers)
        else:
            self._answer(status, "" if document is None else json.dumps(document), headers)

    def _answer(self, status: int, body: str, headers: Mapping[str, str], *, missing: int = 0) -> None:
        payload = body.encode()
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", "Date": self.date_time_string(), **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload) + missing))
        self.end_headers()
        self.wfile.write(payload)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class calls it so
        pass
