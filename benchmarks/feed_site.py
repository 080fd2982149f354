"""A server of feeds that is as cheap as can be, so that what is measured is the one who asks.  Prints its port.

It answers on all loopback addresses (127.0.0.0/8), so that feeds can be on hosts of their own.  A GET of
``/N`` is feed number N, one of ``/small/N`` a feed of one article; both answer 304 to who has the newest.  ``/next``
makes every feed go on: a few new articles, and one that was edited.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen

import requests

from benchmarks.feed_content import feed_document, small_document

_PATH = re.compile(rb"GET (/\S*) ")
_END = b"\r\n\r\n"


class _Connection(asyncio.Protocol):
    """One client's connection, kept for as long as it likes."""

    round = 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while _END in self._received:
            request, _, self._received = self._received.partition(_END)
            self._transport.write(self._answer(request))
            if b"\nconnection: close" in request.lower():
                self._transport.close()

    def _answer(self, request: bytes) -> bytes:
        match = _PATH.match(request)
        assert match, request
        path = match[1].decode()
        if path == "/next":
            _Connection.round += 1
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        small = path.startswith("/small/")
        number = int(path.removeprefix("/small/" if small else "/"))
        round_ = 1 if small else self.round
        if b'"%d"' % round_ in request:
            return b'HTTP/1.1 304 Not Modified\r\nETag: "%d"\r\nConnection: keep-alive\r\n\r\n' % round_
        return _small(number) if small else _feed(number, round_)


def _small(number: int) -> bytes:
    return _whole("application/rss+xml", small_document(number), 1)


@cache
def _feed(number: int, round_: int) -> bytes:
    return _whole(*feed_document(number, round_), round_)


def _whole(media_type: str, body: bytes, round_: int) -> bytes:
    head = f'HTTP/1.1 200 OK\r\nETag: "{round_}"\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}'
    return head.encode() + _END + body


async def _serve(feeds: int) -> None:
    for round_ in (1, 2):
        for number in range(feeds):
            _feed(number, round_)
    server = await asyncio.get_running_loop().create_server(_Connection, "0.0.0.0", 0, backlog=1024)  # noqa: S104 - see above
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def feed_site(feeds: int = 0) -> Iterator[int]:
    """The port of such a server, with so many feeds made beforehand, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.feed_site", str(feeds)]
    server = Popen(command, stdout=PIPE, text=True, cwd=Path(__file__).parents[1])
    assert server.stdout
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def go_on(port: int) -> None:
    """Every feed of the server changes."""
    requests.get(f"http://127.0.0.1:{port}/next", timeout=60).raise_for_status()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
