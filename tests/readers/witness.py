"""Stands between readers and `rundbrief serve`, and writes down who asked, and what was answered."""

from __future__ import annotations

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import requests

_PASSED_ON = ("If-None-Match", "If-Modified-Since", "Accept-Encoding", "User-Agent", "A-IM", "Accept")
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


class Witness:
    """``url("newsboat", "/feeds/…")`` is where that reader is sent; ``statuses`` are the answers that it got."""

    def __init__(self, origin: str) -> None:
        self.statuses: dict[str, list[int]] = defaultdict(list)
        statuses = self.statuses

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                _, client, path = self.path.split("/", 2)
                # What is not asked for must not be added by the library.
                sent = dict.fromkeys(("Accept-Encoding", "User-Agent", "Accept"))
                sent |= {name: value for name in _PASSED_ON if (value := self.headers.get(name))}
                answer = requests.get(f"{origin}/{path}", headers=sent, timeout=30, stream=True)
                body = answer.raw.read(decode_content=False)
                statuses[client].append(answer.status_code)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                if answer.status_code != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, client: str, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{client}{path}"
