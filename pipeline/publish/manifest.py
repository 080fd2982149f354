"""What we published into a directory: the files that are ours to remove, and what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.publish.files import Sink, remove_file, replace_file

MANIFEST = ".rundbrief.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``files`` are names and sizes in bytes; ``made_from`` is a digest of everything that went into them."""

    made_from: str = ""
    files: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> Manifest | None:
        """The directory's manifest; None if there is none that can be read, so that nothing there is ours."""
        try:
            values = json.loads((directory / MANIFEST).read_bytes())
            files = {name: int(size) for name, size in values["files"].items() if _is_plain(name)}
            return cls(made_from=str(values["made_from"]), files=files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, directory: Path) -> None:
        values = {"made_from": self.made_from, "files": dict(sorted(self.files.items()))}
        text = json.dumps(values, ensure_ascii=False, indent=0) + "\n"

        def write(sink: Sink) -> None:
            sink.write(text.encode())

        replace_file(directory / MANIFEST, write)

    def is_whole(self, directory: Path) -> bool:
        """Whether all of the files are there, each in its size."""
        try:
            return all((directory / name).stat().st_size == size for name, size in self.files.items())
        except OSError:
            return False


def remove_published(directory: Path) -> tuple[Path, ...]:
    """Remove what the manifest says is ours, and the directory if it is empty then.  The paths of what was removed."""
    manifest = Manifest.read(directory)
    if manifest is None:
        return ()
    removed = tuple(path for name in sorted(manifest.files) if remove_file(path := directory / name))
    remove_file(directory / MANIFEST)
    if not any(directory.iterdir()):
        directory.rmdir()
    return removed


def _is_plain(name: str) -> bool:
    return "/" not in name and name not in ("", ".", "..")
