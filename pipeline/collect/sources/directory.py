"""A directory of documents as a source: its files are its articles, an edit is a revision, a deletion a withdrawal."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from pipeline.collect.source import Collection, KnownHash, SourceState
from pipeline.collect.sources.documents.assemble import Defaults
from pipeline.collect.sources.documents.document import InvalidDocument
from pipeline.collect.sources.documents.read import SIDECAR_SUFFIXES, SUFFIXES, VERSION, read_document
from pipeline.domain.article import Sighting
from pipeline.errors import InvalidSource, Problem, SourceUnavailable

_MAX_BYTES = 5_000_000


@dataclass(slots=True)
class _Walk:
    """What is in the directory: the files to read by their keys, in order, and what was in the way."""

    files: dict[str, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    complete: bool = True


class DirectorySource:
    """Markdown, HTML and plain text files, with front matter or sidecars, in a directory and those below it.

    A file's key is its POSIX path relative to the directory.  Hidden files, drafts and other kinds of files are
    passed over; links that lead out of the directory are refused.  Files are only read, and ``max_bytes`` at most.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        timezone: tzinfo,
        topics: Sequence[str] = (),
        language: str | None = None,
        base_url: str | None = None,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        self._name = name
        self._path = path
        self._defaults = Defaults(topics=tuple(topics), language=language, base_url=base_url, timezone=timezone)
        self._max_bytes = max_bytes
        options = [VERSION, list(topics), language, base_url, str(timezone)]
        self._options = json.dumps(options).encode()

    @property
    def name(self) -> str:
        return self._name

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:  # noqa: ARG002
        """All documents of the directory.  Raises `InvalidSource` or `SourceUnavailable` where it can't be listed.

        The answer is complete unless a folder was not listed: what it holds must not count as withdrawn.
        """
        walk = self._walk()
        sightings = []
        for key, path in walk.files.items():
            try:
                sighting = self._sighting(key, path, known)
            except FileNotFoundError:
                continue  # deleted since the directory was listed
            except OSError as error:
                walk.problems.append(_unreadable(path, error))
                walk.failed.add(key)
            except InvalidDocument as error:
                walk.problems.append(Problem(code=error.code, where=str(path), what=error.what, mend=error.mend))
                walk.failed.add(key)
            else:
                if sighting:
                    sightings.append(sighting)
        return Collection(
            sightings=tuple(sightings),
            state=state,
            complete=walk.complete,
            problems=tuple(walk.problems),
            failed=frozenset(walk.failed),
        )

    def _sighting(self, key: str, path: Path, known: KnownHash) -> Sighting | None:
        """The document as it is now; None for a draft."""
        data = self._read(path)
        sidecar = self._sidecar(path)
        raw_hash = _digest(self._options, key.encode(), data, *((sidecar[0].encode(), sidecar[1]) if sidecar else ()))
        if known(key) == raw_hash:
            return Sighting(key=key, raw_hash=raw_hash, content=None)
        if (read := read_document(key, data, sidecar, self._defaults)) is None:
            return None
        content, notes = read
        return Sighting(key=key, raw_hash=raw_hash, content=content, notes=notes)

    def _sidecar(self, path: Path) -> tuple[str, bytes] | None:
        beside = [path.with_name(path.name + suffix) for suffix in SIDECAR_SUFFIXES]
        found = [sidecar for sidecar in beside if sidecar.exists()]
        if len(found) > 1:
            what = f"It has more than one sidecar: {', '.join(sidecar.name for sidecar in found)}."
            raise InvalidDocument(what, mend="Keep one of them.")
        if not found:
            return None
        if not found[0].resolve().is_relative_to(self._path.resolve()):
            what = f"Its sidecar {found[0].name} is a link that leads out of the directory."
            raise InvalidDocument(what, mend="Put the file itself here.")
        return found[0].name, self._read(found[0])

    def _read(self, path: Path) -> bytes:
        # Not blocking: opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InvalidDocument(f"{path.name} is not a file.", mend="Move it out of here.")
            data = file.read(self._max_bytes + 1)
        if len(data) > self._max_bytes:
            what = f"{path.name} is larger than {self._max_bytes / 1e6:g} MB."
            raise InvalidDocument(what, mend="Split it, or move it out of here.")
        return data

    def _walk(self) -> _Walk:
        self._require_directory()
        walk = _Walk()
        root = self._path.resolve()
        for folder, entries in self._folders(walk):
            for entry in entries:
                path = Path(folder) / entry
                if path.suffix.lower() in SUFFIXES or path.is_dir():
                    self._add(walk, root, path)
        return walk

    def _require_directory(self) -> None:
        where = f"source {self._name}"
        try:
            with os.scandir(self._path) as entries:
                next(entries, None)
        except FileNotFoundError as error:
            what = f"There is no directory {self._path}."
            raise InvalidSource(what, where=where, mend="Create it, or correct the source's path.") from error
        except NotADirectoryError as error:
            what = f"{self._path} is not a directory."
            raise InvalidSource(what, where=where, mend="Name the directory that the documents are in.") from error
        except PermissionError as error:
            what = f"The directory {self._path} may not be read."
            mend = "Give this user the right to read and enter it (chmod u+rx)."
            raise SourceUnavailable(what, where=where, mend=mend) from error
        except OSError as error:
            what = f"The directory {self._path} can't be read: {error.strerror}."
            raise SourceUnavailable(what, where=where, mend="Look at its disk or mount.") from error

    def _folders(self, walk: _Walk) -> Iterator[tuple[str, Sequence[str]]]:
        """Each folder and the names of its visible files and links, sorted."""

        def report(error: OSError) -> None:
            walk.complete = False
            walk.problems.append(_unreadable(Path(error.filename or self._path), error))

        for folder, folders, files in os.walk(self._path, onerror=report):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield folder, sorted(name for name in (*files, *links) if not name.startswith("."))

    def _add(self, walk: _Walk, root: Path, path: Path) -> None:
        key = path.relative_to(self._path).as_posix()
        if path.is_symlink():
            real = path.resolve()
            if not real.is_relative_to(root):
                mend = "Put the file itself here, or make its directory a source."
                what = "It is a link that leads out of the source's directory."
                walk.problems.append(Problem(code="document-outside", where=str(path), what=what, mend=mend))
                if path.is_dir():
                    walk.complete = False
                else:
                    walk.failed.add(key)
                return
            hidden = any(part.startswith(".") for part in real.relative_to(root).parts)
            # What a link inside leads to is collected where it is, but for hidden places (Kubernetes' ..data).
            if not hidden or not real.is_file() or path.suffix.lower() not in SUFFIXES:
                return
        try:
            key.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            what = "Its name is not UTF-8."
            walk.problems.append(Problem(code="document-invalid", where=shown, what=what, mend="Rename it."))
            return
        walk.files[key] = path


def _unreadable(path: Path, error: OSError) -> Problem:
    mend = "Give this user the right to read it." if isinstance(error, PermissionError) else "Look at its disk."
    return Problem(code="document-unreadable", where=str(path), what=f"It can't be read: {error.strerror}.", mend=mend)


def _digest(*parts: bytes) -> str:
    """SHA-256 over the parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()
