"""What we published into a directory: the files that are ours to remove, and what they were made from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.publish.files import Sink, remove_file, replace_file

MANIFEST = ".rundbrief.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``files`` are names (with slashes where they lie deeper) and sizes in bytes.

    ``made_from`` is a digest of everything that went into them; ``parts`` are such digests of parts of the whole.
    """

    made_from: str = ""
    files: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> Manifest | None:
        """The directory's manifest; None if there is none that can be read, so that nothing there is ours."""
        try:
            values = json.loads((directory / MANIFEST).read_bytes())
            files = {name: int(size) for name, size in values["files"].items() if _is_inside(name)}
            parts = {name: str(digest) for name, digest in values.get("parts", {}).items()}
            return cls(made_from=str(values["made_from"]), files=files, parts=parts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, directory: Path) -> None:
        values: dict[str, object] = {"made_from": self.made_from, "files": dict(sorted(self.files.items()))}
        if self.parts:
            values["parts"] = dict(sorted(self.parts.items()))
        text = json.dumps(values, ensure_ascii=False, indent=0) + "\n"

        def write(sink: Sink) -> None:
            sink.write(text.encode())

        replace_file(directory / MANIFEST, write)

    def is_whole(self, directory: Path, names: Iterable[str] | None = None) -> bool:
        """Whether all of the files, or those of these names, are there, each in its size."""
        root = os.fspath(directory)
        try:
            return all(
                os.stat(f"{root}/{name}").st_size == self.files.get(name)  # noqa: PTH116  a feed may have thousands
                for name in (self.files if names is None else names)
            )
        except OSError:
            return False


def remove_published(directory: Path) -> tuple[Path, ...]:
    """Remove what the manifest says is ours, and the directory if it is empty then.  The paths of what was removed."""
    manifest = Manifest.read(directory)
    if manifest is None:
        return ()
    removed = remove_files(directory, manifest.files)
    remove_file(directory / MANIFEST)
    with suppress(OSError):
        directory.rmdir()
    return removed


def remove_files(directory: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Remove files by their names in a manifest, and the directories that are empty then.  What was removed."""
    removed: list[Path] = []
    for name in sorted(names):
        path = directory / name
        if remove_file(path):
            removed.append(path)
        for parent in path.parents:
            if parent == directory:
                break
            try:
                parent.rmdir()
            except OSError:
                break  # there is more in it
    return tuple(removed)


def _is_inside(name: str) -> bool:
    return all(part not in ("", ".", "..") for part in name.split("/"))
