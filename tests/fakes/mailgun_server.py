r"""An HTTP server on loopback that behaves like Mailgun, with faults on demand.

In a test: ``with MailgunServer() as mailgun: …``.  As a process of its own, which outlives a killed client:
``python -m tests.fakes.mailgun_server --port N --store FILE`` appends a JSON line per accepted recipient to FILE
(``{"tag", "part", "recipient", "list_unsubscribe"}``) and prints its address.  ``POST /_faults`` with a list of
faults queues them there; ``GET /_count`` tells how many recipients were accepted.

What it models beside the documentation, because users found it out:
- the id of an accepted call is the Message-Id that was given, also where that is a variable;
- ``\uNNNN`` in recipient-variables is not decoded;
- a bad recipient refuses the whole call and is not named;
- a mail may go out although the answer was a 500;
- events become visible late.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TextIO
from urllib.parse import parse_qs, urlsplit

from tests.fakes.mailgun_calls import ADDRESS, Call, mailboxes_in, parse_form

_ESCAPE = re.compile(r"(?<!\\)\\u")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one request.  ``accept``: the mail goes out all the same.  ``cut``: no answer, or half of one."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False
    cut: bool = False
    delay: float = 0.0


def rate_limited(until: str, *, status: int = 429, date: str | None = None) -> Fault:
    words = f"Domain mg.example.org is not allowed to send: recipient limit exceeded, try again after {until}"
    return Fault(status=status, body=json.dumps({"message": words}), headers={"Date": date} if date else {})


def internal_error(*, accept: bool) -> Fault:
    return Fault(status=500, body='{"message": "Internal Server Error"}', accept=accept)


def cut(*, accept: bool) -> Fault:
    return Fault(cut=True, accept=accept)


def delayed(seconds: float) -> Fault:
    return Fault(delay=seconds, accept=True)


def html_page(*, accept: bool) -> Fault:
    return Fault(body="<html><body>It works!</body></html>", headers={"Content-Type": "text/html"}, accept=accept)


class MailgunServer:
    """``base_url`` is its address, ``calls`` what it accepted, ``faults`` what happens to the next requests."""

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = "key-test",
        domain: str = "mg.example.org",
        store: Path | None = None,
    ) -> None:
        self.api_key = api_key
        self.domain = domain
        self.faults: deque[Fault] = deque()
        self.calls: list[Call] = []
        self.requests = 0
        self.connections = 0
        self.refused_addresses: set[str] = set()
        self.largest_batch = 1000
        self.largest_body = 52_400_000
        self.visible_events: int | None = None
        self.key_may_read_events = True
        self.shows_user_variables = True
        self.page_size = 300
        self._lock = threading.Lock()
        self._store: TextIO | None = store.open("a", encoding="utf-8") if store else None
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.mailgun = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        return "http://{}:{}".format(*self.address)

    @property
    def accepted(self) -> list[str]:
        """The addresses of everyone who was accepted, in order, as often as they were."""
        return [address for call in self.calls for address, _ in call.recipients]

    @property
    def messages(self) -> list[tuple[str, EmailMessage]]:
        """What everyone gets."""
        return [
            (address, call.message(address, mailbox)) for call in self.calls for address, mailbox in call.recipients
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self._store:
            self._store.close()

    def wait(self) -> None:
        self._thread.join()

    def next_fault(self) -> Fault | None:
        with self._lock:
            self.requests += 1
            return self.faults.popleft() if self.faults else None

    def submit(self, form: Sequence[tuple[str, str]]) -> tuple[int, dict[str, object]]:
        """Validate and keep a call, as the messages API does."""
        mailboxes: dict[str, str] = {}
        for value in (value for name, value in form if name == "to"):
            for mailbox, address in mailboxes_in(value):
                mailboxes.setdefault(address, mailbox)  # duplicates are ignored
        raw = next((value for name, value in form if name == "recipient-variables"), "{}")
        try:
            variables = json.loads(_ESCAPE.sub(r"\\\\u", raw))
        except ValueError:
            variables = None
        if problem := self._problem(form, mailboxes, variables):
            return problem[0], {"message": problem[1]}
        call = Call(form, tuple(mailboxes.items()), variables)
        with self._lock:
            self.calls.append(call)
            number = len(self.calls)
            self._write(call)
        given = next((value for name, value in form if name.lower() == "h:message-id"), "")
        return 200, {"id": given or f"<2026112400.{number:06}@{self.domain}>", "message": "Queued. Thank you."}

    def _problem(
        self, form: Sequence[tuple[str, str]], mailboxes: Mapping[str, str], variables: object
    ) -> tuple[int, str] | None:
        names = {name for name, _ in form}
        options = sum(len(name) + len(value.encode()) for name, value in form if name[:2] in {"o:", "h:", "v:"})
        checks = (
            ("from" in names, 400, "from parameter is missing"),
            ("to" in names, 400, "to parameter is missing"),
            (names & {"text", "html"}, 400, "Need at least one of 'text' or 'html' parameters specified"),
            (
                options <= 16_384,
                400,
                "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total",
            ),
            (
                all(map(ADDRESS.fullmatch, mailboxes)) and not self.refused_addresses & mailboxes.keys(),
                400,
                "'to' parameter is not a valid address. please check documentation",
            ),
            (len(mailboxes) <= 1000, 400, "Too many recipients; max is 1000"),
            (
                len(mailboxes) <= self.largest_batch,
                403,
                f"Domain {self.domain} is not allowed to send large batches yet",
            ),
            (
                isinstance(variables, dict) and variables.keys() <= mailboxes.keys(),
                400,
                "'recipient-variables' parameter is not a valid JSON",
            ),
        )
        return next(((status, words) for good, status, words in checks if not good), None)

    def events(self, query: Mapping[str, list[str]]) -> list[dict[str, object]]:
        """The accepted events that have the tag, newest first, as far as they are visible."""
        tag = query.get("tags", [""])[0]
        events: list[dict[str, object]] = [
            {
                "event": "accepted",
                "id": f"event-{number}-{position}",
                "recipient": address,
                "tags": call.every("o:tag"),
                "user-variables": {
                    name.removeprefix("v:"): call.render(value, address)
                    for name, value in call.form
                    if name.startswith("v:") and self.shows_user_variables
                },
                "message": {"headers": {"message-id": call.render(call.first("h:Message-Id"), address).strip("<>")}},
            }
            for number, call in enumerate(self.calls)
            for position, (address, _) in enumerate(call.recipients)
            if not tag or tag in call.every("o:tag")
        ]
        return events[: self.visible_events][::-1]

    def _write(self, call: Call) -> None:
        if self._store is None:
            return
        unsubscribe = call.first("h:List-Unsubscribe")
        for address, _ in call.recipients:
            line = {
                "tag": call.first("o:tag"),
                "part": call.first("v:part"),
                "recipient": address,
                "list_unsubscribe": call.render(unsubscribe, address),
            }
            self._store.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._store.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    mailgun: MailgunServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that is gone is what tests are about
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.mailgun.connections += 1

    def do_POST(self) -> None:
        mailgun = self.server.mailgun
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/_faults":
            mailgun.faults.extend(Fault(**fault) for fault in json.loads(body))
            self._answer(200, json.dumps({"queued": len(mailgun.faults)}))
            return
        fault = mailgun.next_fault()
        if fault is not None:
            time.sleep(fault.delay)
        status, document = (200, {}) if fault is not None and not fault.accept else self._submit(mailgun, body)
        if fault is not None and fault.cut:
            self._cut()
        elif fault is not None and (fault.status != 200 or fault.body):
            self._answer(fault.status, fault.body, fault.headers)
        else:
            self._answer(status, json.dumps(document))

    def do_GET(self) -> None:
        mailgun = self.server.mailgun
        parts = urlsplit(self.path)
        if parts.path == "/_count":
            self._answer(200, json.dumps({"accepted": len(mailgun.accepted), "requests": mailgun.requests}))
            return
        fault = mailgun.next_fault()
        if fault is not None:
            self._answer(fault.status, fault.body, fault.headers)
            return
        status, document = self._refusal(mailgun) or (200, {})
        if status == 200 and not mailgun.key_may_read_events:
            status, document = 403, {"message": "Forbidden"}
        if status == 200:
            query = parse_qs(parts.query)
            start = int(query.get("page", ["0"])[0])
            events = mailgun.events(query)[start : start + mailgun.page_size]
            following = f"{mailgun.base_url}{parts.path}?tags={query['tags'][0]}&page={start + mailgun.page_size}"
            document = {"items": events, "paging": {"next": following}}
        self._answer(status, json.dumps(document))

    def _submit(self, mailgun: MailgunServer, body: bytes) -> tuple[int, dict[str, object]]:
        if refusal := self._refusal(mailgun):
            return refusal
        if len(body) > mailgun.largest_body:
            return 413, {"message": "request size exceeds 52.4MiB limit"}
        return mailgun.submit(parse_form(body, self.headers.get("Content-Type", "")))

    def _refusal(self, mailgun: MailgunServer) -> tuple[int, dict[str, object]] | None:
        credentials = base64.b64encode(f"api:{mailgun.api_key}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {credentials}":
            return 401, {"message": "Forbidden"}
        if urlsplit(self.path).path.split("/")[1:3] != ["v3", mailgun.domain]:
            return 404, {"message": f"Domain not found: {urlsplit(self.path).path.split('/')[2]}"}
        return None

    def _answer(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        payload = body.encode()
        self.send_response_only(status)
        for name, value in {
            "Content-Type": "application/json",
            "Date": self.date_time_string(),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class calls it so
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--api-key", default="key-test")
    parser.add_argument("--domain", default="mg.example.org")
    parser.add_argument("--fault", action="append", default=[], metavar="JSON", help=str(asdict(Fault())))
    options = parser.parse_args()
    with MailgunServer(
        port=options.port, api_key=options.api_key, domain=options.domain, store=options.store
    ) as mailgun:
        mailgun.faults.extend(Fault(**json.loads(fault)) for fault in options.fault)
        sys.stdout.write(mailgun.base_url + "\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            mailgun.wait()


if __name__ == "__main__":
    main()
