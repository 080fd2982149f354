"""Who holds a batch or a run: this process, for as long as it lives.

A process proves that it is alive by a lock on a file of its own, which the kernel lets go the moment it dies,
whatever killed it.  So another process on this machine need not wait for a lease to run out.
"""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import IO


class Owner:
    """This process in the ledger.  ``directory`` holds the locks of a store's processes on this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.name = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex}"
        self._file = self._lock_file(self.name)
        self._lock: IO[bytes] | None = self._file.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def dead(self, owners: Iterable[str]) -> list[str]:
        """Those of the owners that are known to have died: their lock file is here and nobody holds the lock."""
        return [owner for owner in owners if owner != self.name and self._is_dead(owner)]

    def close(self) -> None:
        if self._lock is not None:
            self._file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _lock_file(self, owner: str) -> Path:
        return self._directory / f"{owner.rpartition('/')[2]}.lock"

    def _is_dead(self, owner: str) -> bool:
        try:
            with self._lock_file(owner).open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            # It closed in good order and so holds nothing, or it runs on another machine: its lease will tell.
            return False
        except BlockingIOError:
            return False
        return True
