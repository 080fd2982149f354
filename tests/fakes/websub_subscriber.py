"""A WebSub subscriber on loopback: callbacks by their path, each behaving as it is told."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

import requests


@dataclass
class Callback:
    """``status`` is its answer to content, ``agrees`` whether it confirms, ``delay`` how many seconds it thinks.

    ``location`` is where it redirects to, ``padding`` what it sends behind a challenge.
    """

    url: str
    secret: str | None = None
    agrees: bool = True
    status: int = 204
    delay: float = 0
    location: str | None = None
    padding: int = 0
    asked: list[Mapping[str, str]] = field(default_factory=list)
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[bytes]:
        """The content that came with a good signature, or without one where there is no secret."""
        return [body for headers, body in self.got if self.trusts(headers, body)]

    def trusts(self, headers: Mapping[str, str], body: bytes) -> bool:
        if self.secret is None:
            return True
        method, _, signature = headers.get("x-hub-signature", "none=").partition("=")
        return method != "none" and hmac.compare_digest(
            hmac.new(self.secret.encode(), body, method).hexdigest(), signature
        )


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        callback = self.server.callbacks[urlsplit(self.path).path]
        asked = {name: value[-1] for name, value in parse_qs(urlsplit(self.path).query).items()}
        callback.asked.append(asked)
        time.sleep(callback.delay)
        if callback.location:
            self._say(302, b"", callback.location)
        elif asked["hub.mode"] == "denied":
            self._say(200, b"")
        elif callback.agrees:
            self._say(200, asked["hub.challenge"].encode() + b" " * callback.padding)
        else:
            self._say(404, b"")

    def do_POST(self) -> None:
        callback = self.server.callbacks[urlsplit(self.path).path]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        callback.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        time.sleep(callback.delay)
        self._say(callback.status, b"x" * callback.padding, callback.location)

    def _say(self, status: int, body: bytes, location: str | None = None) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            # The caller has heard enough.
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.callbacks: dict[str, Callback] = {}


class WebSubSubscriber:
    """``with WebSubSubscriber() as subscriber:``."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def callback(self, name: str, **behaviour: object) -> Callback:
        made = Callback(f"{self.address}/{name}", **behaviour)  # type: ignore[arg-type]
        self._server.callbacks[f"/{name}"] = made
        return made


def ask(hub: str, callback: Callback, topic: str, mode: str = "subscribe", **more: str) -> requests.Response:
    """What a subscriber sends to a hub."""
    form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": callback.url, **more}
    if callback.secret is not None:
        form["hub.secret"] = callback.secret
    return requests.post(hub, data=form, timeout=10)
