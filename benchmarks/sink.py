"""A server that takes every call as Mailgun or Postmark would, and does nothing with it.  Prints its address."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_MAILGUN = b'{"id": "<%recipient.message_id%>", "message": "Queued. Thank you."}'
_POSTMARK = b'{"ErrorCode":0,"Message":"OK","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483"}'
_EACH = b'"MessageStream":'


@contextmanager
def sink() -> Iterator[str]:
    """Such a server in a process of its own; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        left, messages, rest = int(self.headers["content-length"]), 0, b""
        while left > 0:
            piece = rest + self.rfile.read(min(left, 1 << 20))
            left -= len(piece) - len(rest)
            messages += piece.count(_EACH)
            # A word that the end of a piece cuts in two is whole in the next one.
            rest = piece[-len(_EACH) + 1 :]
        body = b"[" + b",".join([_POSTMARK] * messages) + b"]" if self.path.endswith("/email/batch") else _MAILGUN
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class calls it so)
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
