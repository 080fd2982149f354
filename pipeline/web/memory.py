"""The published documents, in memory: read once, and again when the file changes."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from pipeline.web.document import Document
from pipeline.web.documents import Describe, load_document, stamp_of


class DocumentMemory:
    """Documents by name, up to ``budget`` bytes; those that were read first leave it first.  Thread-safe."""

    def __init__(self, root: Path, describe: Describe, budget: int = 64 * 1024 * 1024) -> None:
        self._root = root
        self._prefix = f"{root}/"
        self._describe = describe
        self._budget = budget
        self._used = 0
        self._documents: dict[str, Document] = {}
        self._lock = Lock()

    def fresh(self, name: str) -> Document | None:
        """The document if it is in memory and the file is as it was when it was read: one ``stat``, no reading."""
        document = self._documents.get(name)
        if document is None:
            return None
        try:
            # Joined by hand: building a Path takes longer than the stat.
            status = os.stat(self._prefix + name)  # noqa: PTH116
        except OSError:
            return None
        return document if stamp_of(status) == document.stamp else None

    def read(self, name: str) -> Document | None:
        """The document as the file has it now.  Reads, digests and packs, so it may take a while."""
        document = load_document(self._root, name, self._describe)
        with self._lock:
            if (old := self._documents.pop(name, None)) is not None:
                self._used -= old.size
            if document is not None and document.size <= self._budget:
                self._documents[name] = document
                self._used += document.size
                while self._used > self._budget:
                    self._used -= self._documents.pop(next(iter(self._documents))).size
        return document
