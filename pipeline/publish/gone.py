"""What was published once and is no longer: whoever asks for it is told so, and need not come again (HTTP 410)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pipeline.publish.archive import is_archived
from pipeline.publish.files import Sink, replace_file

GONE = ".gone.json"


def note_gone(directory: Path, removed: Iterable[Path]) -> None:
    """Remember documents that were removed from ``directory``.

    Parts of archives are not remembered: feeds point to those that there are, and nobody subscribes to one.
    """
    names = {name for path in removed if not is_archived(name := path.relative_to(directory).as_posix())}
    if not names:
        return
    gone = {name for name in read_gone(directory) | names if not (directory / name).exists()}
    text = json.dumps(sorted(gone), ensure_ascii=False, indent=0) + "\n"

    def write(sink: Sink) -> None:
        sink.write(text.encode())

    replace_file(directory / GONE, write)


def read_gone(directory: Path) -> frozenset[str]:
    """The names of the documents that are gone, unless they have come back."""
    try:
        names = json.loads((directory / GONE).read_bytes())
    except (OSError, ValueError):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
