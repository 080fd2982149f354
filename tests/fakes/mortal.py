"""Runs `rundbrief` in processes that die when a test wants it.

``python -m tests.fakes.mortal`` reads a JSON object a line, forks a child that has everything imported, and prints
the child's exit code.  ``args`` are the command's.  ``after``: the child is killed so many seconds later; ``at`` and
``count``: it kills itself at that occurrence of an event, which is ``begin`` or ``commit`` of a transaction (before it
takes effect) or one of Python's audit events, such as ``os.rename``.  There is no hook in the product for this.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]


class Mortal:
    """The parent of such processes."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.mortal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, *args: str, **death: Any) -> int:
        """The exit code; negative is the signal that ended it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"args": args, **death}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _child(order: dict[str, Any]) -> int:
    from sqlalchemy import Engine, event

    from pipeline.cli.main import main

    seen = 0
    lock = threading.Lock()

    def happened(*_: object) -> None:
        nonlocal seen
        with lock:
            seen += 1
            if seen == order["count"]:
                os.kill(os.getpid(), signal.SIGKILL)

    at = order.get("at")
    if at in ("begin", "commit"):
        event.listen(Engine, at, happened)
    elif at:
        sys.addaudithook(lambda name, _args: happened() if name == at else None)
    return main(order["args"])


def _warm_up() -> None:
    """Import what a run imports, so that a child is at work within milliseconds."""
    import pipeline.audience.importing
    import pipeline.calls
    import pipeline.cli.main
    import pipeline.cli.root
    import pipeline.collect.sources.directory
    import pipeline.deliver.providers.mailgun
    import pipeline.deliver.providers.outbox
    import pipeline.publish.feed
    import pipeline.publish.formats.atom
    import pipeline.publish.formats.html
    import pipeline.publish.formats.jsonfeed
    import pipeline.publish.formats.rss
    import pipeline.publish.pages
    import pipeline.render.renderer
    import pipeline.serve  # noqa: F401


def _main() -> None:
    _warm_up()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            if "quiet" in order:
                os.dup2(null, 2)
            code = 99
            try:
                code = _child(order)
            finally:
                os._exit(code)
        if "after" in order:
            time.sleep(order["after"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    _main()
