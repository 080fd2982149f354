"""A web server on loopback that serves feeds, well and badly, and counts who asks."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

RSS = "application/rss+xml"
TLS = Path(__file__).parent.parent / "data" / "tls"
_ZEROS = bytes(1_000_000)

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]


class FeedServer:
    """``with FeedServer() as server:``; each method puts something at a path and returns its URL."""

    def __init__(self, *, tls: bool = False, host: str = "127.0.0.1") -> None:
        self.busiest = 0
        self._busy = 0
        self._counting = threading.Lock()
        self._host = host
        self.requests: list[Request] = []
        self.server_names: list[str | None] = []
        self._answers: dict[str, Answer] = {}
        self._closing = threading.Event()
        self._scheme = "https" if tls else "http"
        answers, requests, counted = self._answers, self.requests, self._counted

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                requests.append(Request(self.path, dict(self.headers)))
                self.close_connection = True
                answer = answers.get(self.path.partition("?")[0], _missing)
                with suppress(ConnectionError, ssl.SSLError), counted():
                    answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            block_on_close = False

            def handle_error(self, *args: Any) -> None:
                pass

        self._server = Server((host, 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "localhost.pem")
            context.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str | None = None) -> str:
        return f"{self._scheme}://{host or self._host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """The requests for a path, in order."""
        return [request for request in self.requests if request.path.partition("?")[0] == path]

    def document(
        self,
        path: str,
        body: bytes,
        content_type: str = RSS,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """A document; 304 where the request's validators are the document's."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            sent = handler.headers
            validators = {"ETag": etag, "Last-Modified": last_modified}
            if (etag and sent.get("If-None-Match") == etag) or (
                last_modified and not sent.get("If-None-Match") and sent.get("If-Modified-Since") == last_modified
            ):
                fresh = {name: value for name, value in (headers or {}).items() if name == "Cache-Control"}
                _send(handler, 304, b"", fresh)
                return
            named = {name: value for name, value in validators.items() if value}
            _send(handler, 200, body, {"Content-Type": content_type, **named, **(headers or {})})

        return self._at(path, answer)

    def by_query(self, path: str, bodies: Mapping[str, bytes], content_type: str = RSS) -> str:
        """A document for each query string ("" for none); another one is 404."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            body = bodies.get(handler.path.partition("?")[2])
            _send(handler, 404 if body is None else 200, body or b"no", {"Content-Type": content_type})

        return self._at(path, answer)

    def compressed(self, path: str, body: bytes, content_type: str = RSS) -> str:
        return self.document(path, gzip.compress(body), content_type, headers={"Content-Encoding": "gzip"})

    def redirect(self, path: str, location: str, status: int) -> str:
        return self._at(path, lambda handler: _send(handler, status, b"", {"Location": location}))

    def status(self, path: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"no") -> str:
        return self._at(path, lambda handler: _send(handler, status, body, headers or {}))

    def drip(self, path: str, seconds: float = 0.05) -> str:
        """A feed that comes one byte at a time, for ever."""
        return self._at(path, lambda handler: self._drip(handler, b"HTTP/1.1 200 OK\r\n\r\n", b" ", seconds))

    def drip_headers(self, path: str, seconds: float = 0.05) -> str:
        """An answer whose headers come one byte at a time and never end."""
        return self._at(path, lambda handler: self._drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", seconds))

    def slow(self, path: str, body: bytes, seconds: float, content_type: str = RSS) -> str:
        """A document that takes its time."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            self._closing.wait(seconds)
            _send(handler, 200, body, {"Content-Type": content_type})

        return self._at(path, answer)

    def endless(self, path: str) -> str:
        """A body without an end, as fast as it is read."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss><channel>")
            while not self._closing.is_set():
                handler.wfile.write(b"<item><title>again</title></item>" * 1000)

        return self._at(path, answer)

    def bomb(self, path: str, megabytes: int) -> str:
        """Zeros in gzip: a thousand times larger than what is sent."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\n\r\n"
            )
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            for _ in range(megabytes):
                handler.wfile.write(packer.compress(_ZEROS))
            handler.wfile.write(packer.flush())

        return self._at(path, answer)

    def cut_off(self, path: str, body: bytes, content_type: str = RSS) -> str:
        """A body that ends before its Content-Length."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body) + 100}\r\n\r\n"
            handler.wfile.write(head.encode() + body)

        return self._at(path, answer)

    def raw(self, path: str, answer: bytes) -> str:
        """These bytes, status line and all."""
        return self._at(path, lambda handler: _write(handler, answer))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """``busiest`` is how many requests were under way at once."""
        with self._counting:
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            yield
        finally:
            with self._counting:
                self._busy -= 1

    def _at(self, path: str, answer: Answer) -> str:
        self._answers[path] = answer
        return self.url(path)

    def _drip(self, handler: BaseHTTPRequestHandler, start: bytes, drop: bytes, seconds: float) -> None:
        handler.wfile.write(start)
        while not self._closing.is_set():
            handler.wfile.write(drop)
            time.sleep(seconds)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)


def _write(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)


def _missing(handler: BaseHTTPRequestHandler) -> None:
    _send(handler, 404, b"nothing here", {})
