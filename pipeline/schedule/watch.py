"""Directories that are looked at every few seconds, so that what changes in them need not wait for a slot."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

EVERY = 2.0
"""Seconds between two looks."""

_SHARE = 20
"""A look may take this part of the time: large directories are looked at more seldom."""


class DirectoryWatch:
    """Calls an action for a directory once its files have changed and then stayed as they are for one look.

    Looking costs a `stat` for each file: it works on every file system, over the network too, where notifications
    don't.  Each directory is new at the start, so that what changed while nobody looked is noticed.  An action that
    raises is logged, and called again with the next change.
    """

    def __init__(self, watched: Sequence[tuple[Path, Callable[[], None]]], *, every: float = EVERY) -> None:
        self._watched = watched
        self._every = every
        self._stopping = threading.Event()
        self._seen = [""] * len(watched)
        self._done = [""] * len(watched)
        self._thread = threading.Thread(target=self._work, name="directory-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns when the action that is under way has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look at all of them once."""
        for number, (directory, action) in enumerate(self._watched):
            now = traces(directory)
            settled = self._seen[number] == now
            self._seen[number] = now
            if settled and self._done[number] != now and not self._stopping.is_set():
                self._done[number] = now
                try:
                    action()
                except Exception:  # the watch goes on
                    log.exception("what follows from a change failed", directory=str(directory))

    def _work(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            took = time.monotonic() - started
            if self._stopping.wait(max(self._every, _SHARE * took)):
                return


def traces(directory: Path) -> str:
    """A digest of which visible files there are, and of their sizes and times; the same while nothing changes."""
    digest = blake2b(digest_size=16)
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (*folders, *sorted(name for name in files if not name.startswith("."))):
            path = os.path.join(folder, name)  # noqa: PTH118  (of each file every few seconds)
            try:
                found = os.stat(path)  # noqa: PTH116
            except OSError as error:
                said = str(error.errno)
            else:
                said = str(found.st_mode)
                if name not in folders:
                    said += f" {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
            digest.update(f"{path}\0{said}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
