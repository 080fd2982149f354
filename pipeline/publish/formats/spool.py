"""What a document says of its articles, until the head is known that must stand before it."""

from __future__ import annotations

import shutil
from tempfile import SpooledTemporaryFile

from pipeline.publish.files import Sink

_IN_MEMORY = 4 * 1024 * 1024
"""Bytes that are held in memory; what comes beyond goes to disk."""

_AT_ONCE = 256 * 1024


class Spool:
    """Takes pieces of a document, each on a line of its own, with a separator between them.

    Memory does not grow with their number.  The head says when the newest article changed; they are ordered by
    something else, and come from a stream.
    """

    def __init__(self, separator: bytes) -> None:
        self._separator = separator
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()
        self._pending: list[bytes] = []
        self._waiting = 0
        self._size = 0

    def append(self, piece: bytes, max_bytes: int | None = None) -> bool:
        """Add a piece; False if all would then be larger than ``max_bytes``, unless it is the first."""
        if self._size and max_bytes is not None and self._size + len(piece) > max_bytes:
            return False
        before = self._separator if self._size else b"\n"
        self._pending += (before, piece)
        size = len(before) + len(piece)
        self._size += size
        self._waiting += size
        if self._waiting > _AT_ONCE:
            self._flush()
        return True

    def copy_to(self, target: Sink) -> None:
        self._flush()
        self._file.seek(0)
        shutil.copyfileobj(self._file, target, 1024 * 1024)
        self._file.seek(0, 2)

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        self._file.write(b"".join(self._pending))
        self._pending = []
        self._waiting = 0
