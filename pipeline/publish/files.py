"""Files that are never half-written, never missing while they are replaced, and not touched without need."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, Self

_CHUNK = 1024 * 1024


class Sink(Protocol):
    """What a document is written to."""

    def write(self, data: bytes, /) -> int: ...


def replace_file(path: Path, write: Callable[[Sink], None], check: Callable[[BinaryIO], None] | None = None) -> bool:
    """Replace a file at once with what ``write`` writes.  True if it was replaced, False if it was equal.

    ``check`` reads what is new before anybody can see it; what it raises keeps the old file.  The mode is 0644 less
    the umask.  One name beside the file serves all attempts, under a lock: what a killed process left there is
    overwritten by the next, and threads and processes that write the same file take turns.
    """
    with _Comparison(path) as comparison:
        write(comparison)
        if comparison.is_equal():
            return False
        draft = comparison.draft()
        draft.flush()
        if check:
            draft.seek(0)
            check(draft)
        # The bytes are on disk before the name is.  The name itself may be lost with the power: the old file is then
        # still whole, and the next run makes the new one.
        os.fsync(draft.fileno())
        _draft_path(path).replace(path)
    return True


@contextmanager
def taking_turns(directory: Path) -> Iterator[None]:
    """Of threads and processes that publish into a directory, one at a time is in this block.

    What is published rests on what was published before: two at once would remove each other's documents, or write
    down as the newest what the other had made of an older state.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_file(path: Path) -> bool:
    """Remove a file and what a killed process left beside it.  False if there was no file."""
    _draft_path(path).unlink(missing_ok=True)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


class _Comparison:
    """Compares what is written with a file, and begins a draft at the first difference.

    Without one not even the directory is touched.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._old: BinaryIO | None = None
        self._draft: BinaryIO | None = None
        self._equal_bytes = 0

    def __enter__(self) -> Self:
        try:
            self._old = self._stack.enter_context(self._path.open("rb"))
        except FileNotFoundError:
            self._old = None
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def write(self, data: bytes, /) -> int:
        if self._draft is None:
            if self._old and self._old.read(len(data)) == data:
                self._equal_bytes += len(data)
                return len(data)
            self.draft()
        assert self._draft  # noqa: S101  draft() has just begun it
        return self._draft.write(data)

    def is_equal(self) -> bool:
        return self._draft is None and self._old is not None and not self._old.read(1)

    def draft(self) -> BinaryIO:
        """The draft with all that has been written."""
        if self._draft is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._draft = self._stack.enter_context(_locked_draft(_draft_path(self._path)))
            if self._old:
                self._old.seek(0)
                left = self._equal_bytes
                while left:
                    left -= self._draft.write(self._old.read(min(left, _CHUNK)))
        return self._draft


def _draft_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def _locked_draft(path: Path) -> Iterator[BinaryIO]:
    """An empty file that no other thread or process writes to; removed afterwards, if it was not renamed."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "r+b") as draft:
            fcntl.flock(draft, fcntl.LOCK_EX)
            # Whoever had the lock before has renamed or removed the file that was opened here: open a new one.
            if not _is_at(draft, path):
                continue
            try:
                draft.truncate()
                yield draft
            finally:
                if _is_at(draft, path):
                    path.unlink()
            return


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False
