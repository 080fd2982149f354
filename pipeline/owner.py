"""Who holds a batch or a run: this process, for as long as it lives.

A process proves that it is alive by a lock on a file of its own, which the kernel lets go the moment it dies,
whatever killed it.  So another process on this machine need not wait for a lease to run out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def living(directory: Path) -> int:
    """How many processes on this machine have the store open whose locks are in this directory, and hold something."""
    count = 0
    for file in directory.glob("*.lock"):
        try:
            with file.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue
        except BlockingIOError:
            count += 1
    return count


class Owner:
    """This process in the ledger.  ``directory`` holds the locks of a store's processes on this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        own = uuid.uuid4().hex
        self.name = f"{self._place()}/{own}"
        self._file = directory / f"{own}.lock"
        # Locked before it has its name: a file that is there and not locked means a process that died.
        draft = directory / f"{own}.tmp"
        self._lock: IO[bytes] | None = draft.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(self._file)

    def dead(self, owners: Iterable[str]) -> list[str]:
        """Those of the owners that ended: they had their lock here, and hold it no more."""
        return [owner for owner in owners if owner != self.name and self._ended(owner)]

    def close(self) -> None:
        """Let go.  What is still held then is taken over by others at once."""
        if self._lock is not None:
            self._file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _place(self) -> str:
        """The name of the directory, made once: what it means for a lock to be missing, only its own processes know."""
        file = self._directory / "place"
        if not file.exists():
            draft = self._directory / f"{uuid.uuid4().hex}.place"
            draft.write_text(uuid.uuid4().hex, encoding="ascii")
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text(encoding="ascii")

    def _ended(self, owner: str) -> bool:
        place, _, own = owner.partition("/")
        if place != self._place():
            return False
        file = self._directory / f"{own}.lock"
        try:
            with file.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.unlink(missing_ok=True)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True
