"""The files of copies: whole or not there, and never changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write a file that is read by its name for ever.  One that is there already stays."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: another process may be writing the same one.
    descriptor, draft = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            # mkstemp keeps it from everybody else; a web server runs as another user.
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def remove_files(directory: Path, names: Iterable[str]) -> None:
    """Remove files by their names, and directories that are empty then."""
    for name in names:
        path = directory / name
        path.unlink(missing_ok=True)
        if path.parent != directory and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
