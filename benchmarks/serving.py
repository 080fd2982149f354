"""Polls of a feed of 200 kB, answered by ``rundbrief serve`` and by nginx from the same file, in turns.

Either server is one process on the first core; wrk, which asks, is on the second.  Besides answers a second it is
measured what an answer costs the server in CPU time, which neither the client nor other work on the machine distorts.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from benchmarks.measure import Row
from tests.fakes.articles import numbered_articles

SIZE = 200_000
ROUNDS = 3
SECONDS = 2
CONNECTIONS = 32
PATH = "/feeds/alle/atom.xml"
# The best that nginx can do with a file: it keeps it open, and looks after it once a minute.
NGINX = """
daemon off;
worker_processes 1;
pid {home}/pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=100 inactive=60s;
    types {{ application/atom+xml xml; }}
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
# Every poll is another reader's.
MANY_READERS = """
local number = 0
request = function()
  number = number + 1
  return wrk.format(nil, nil, {["User-Agent"] = "reader/" .. number, ["If-None-Match"] = wrk.headers["If-None-Match"]})
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs; ``pid`` is that of the process that answers."""

    url: str
    pid: int

    def cpu(self) -> float:
        """The CPU time that it has used, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """``rate`` in answers a second, ``cost`` in microseconds of the server's CPU time per answer."""

    rate: float
    cost: float


def _ask(server: Server, *options: str) -> Pace:
    command = [*_pinned(1), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *options, server.url + PATH]
    before = server.cpu()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = server.cpu() - before
    count, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert count, said
    assert rate, said
    assert "Non-2xx" not in said, said
    return Pace(rate=float(rate[1]), cost=spent / int(count[1]) * 1e6)


def _pinned(core: int) -> list[str]:
    """The beginning of a command that is to run on one core."""
    found = shutil.which("taskset")
    assert found, "needs taskset (util-linux)"
    return [found, "-c", str(core)]


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*_pinned(0), *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _ours(root: Path) -> Iterator[Server]:
    with _started([sys.executable, "-m", "benchmarks.feed_server", str(root / "feeds")]) as process:
        assert process.stdout
        yield Server(url=process.stdout.readline().strip(), pid=process.pid)


@contextmanager
def _nginx(root: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    file = root / "nginx.conf"
    file.write_text(NGINX.format(home=root, root=root, port=port), encoding="ascii")
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "needs nginx"
    with _started([found, "-c", str(file), "-e", "stderr"]) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (workers := children.read_text(encoding="ascii").split()):
            time.sleep(0.05)
        yield Server(url=f"http://127.0.0.1:{port}", pid=int(workers[0]))


def _feed(root: Path) -> None:
    text = "".join(article.content.html for article in numbered_articles(SIZE // 4_900))
    (root / "feeds" / "alle").mkdir(parents=True)
    # As root, nginx's worker is another user's process.
    root.chmod(0o755)
    (root / "feeds" / "alle" / "atom.xml").write_text(text[:SIZE], encoding="utf-8")


def run() -> list[Row]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _feed(root)
        script = root / "readers.lua"
        script.write_text(MANY_READERS, encoding="ascii")
        servers = [stack.enter_context(_ours(root)), stack.enter_context(_nginx(root))]
        tags = [
            requests.get(server.url + PATH, headers={"Accept-Encoding": "identity"}, timeout=9).headers["ETag"]
            for server in servers
        ]
        return [
            _row(
                "304 for a feed of 200 kB", servers, [["-H", f"If-None-Match: {tag}"] for tag in tags], "0.45 of nginx"
            ),
            _row(
                "the same, every poll another reader's",
                servers,
                [["-H", f"If-None-Match: {tag}", "-s", str(script)] for tag in tags],
            ),
            _row(
                "the same, every poll on a connection of its own",
                servers,
                [["-H", f"If-None-Match: {tag}", "-H", "Connection: close"] for tag in tags],
            ),
            _row("200 for a feed of 200 kB, not compressed", servers, [[], []]),
        ]


def _row(work: str, servers: list[Server], options: list[list[str]], goal: str = "") -> Row:
    rounds = [[_ask(server, *said) for server, said in zip(servers, options, strict=True)] for _ in range(ROUNDS)]
    ours, peer = ([pair[place] for pair in rounds] for place in (0, 1))
    rate = median(one.rate / other.rate for one, other in rounds)
    cost = median(other.cost / one.cost for one, other in rounds)
    return Row(
        work=work,
        ours=f"{_shown(ours)}; **{rate:.2f}** of nginx's rate, {cost:.2f} by CPU time",
        peer=f"nginx: {_shown(peer)}",
        goal=goal,
    )


def _shown(paces: list[Pace]) -> str:
    return f"{median(pace.rate for pace in paces):,.0f}/s, {median(pace.cost for pace in paces):.1f} µs of CPU each"
