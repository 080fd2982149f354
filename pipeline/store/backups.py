"""Backups of an SQLite store: one archive with a consistent copy of the database and the key beside it.

The archive is a plain tar file: ``manifest.json`` says what is in it and has the digest of each file.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Engine

from pipeline.errors import StoreError
from pipeline.store.database import sqlite_file

KEY = "rundbrief.key"
_DATABASE = "rundbrief.db"
_MANIFEST = "manifest.json"
_FORMAT = 1
_LARGEST_MANIFEST = 100_000
_BLOCK = 1 << 20
_ONLY_OURS = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What an archive has: the store ``instance`` as it was at that time (aware, UTC), at that generation and schema.

    ``digests`` are SHA-256, by the names of the files.
    """

    made: datetime
    instance: uuid.UUID
    generation: int
    schema: str
    digests: Mapping[str, str]


def back_up(engine: Engine, directory: Path, archive: Path, now: datetime) -> Backup:
    """Write an archive, whatever is done with the store meanwhile, and verify it before it has its name.

    ``directory`` is where the key lies.  Raises StoreError, and OSError where a file can't be written.
    """
    file = _sqlite(engine)
    draft = archive.with_name(f"{archive.name}.part")
    copy = archive.with_name(f"{archive.name}.db.part")
    try:
        _copy(file, copy)
        instance, generation, schema = _examined(copy)
        files = {_DATABASE: copy} | ({KEY: directory / KEY} if (directory / KEY).exists() else {})
        digests = {name: _digest(path) for name, path in files.items()}
        made = Backup(made=now, instance=instance, generation=generation, schema=schema, digests=digests)
        with _private(draft) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
            _add(tar, _MANIFEST, json.dumps(asdict(made) | {"format": _FORMAT}, default=str, indent=2).encode())
            for name, path in files.items():
                tar.add(path, arcname=name, recursive=False)
        with _private(draft, "r+b") as stream:
            os.fsync(stream.fileno())
        with _opened(draft) as (tar, manifest):
            for name, digest in manifest.digests.items():
                _verified(tar, name, digest, archive)
        draft.replace(archive)
    finally:
        for path in (draft, copy):
            path.unlink(missing_ok=True)
    return made


def read_backup(archive: Path) -> Backup:
    """What an archive has.  Raises StoreError for one that is none."""
    with _opened(archive) as (_tar, manifest):
        return manifest


def put_in_place(archive: Path, engine: Engine, directory: Path, now: datetime) -> tuple[Backup, tuple[Path, ...]]:
    """Put an archive's files where the store's are; those that are there are kept beside them, under other names.

    Nothing may have the store open.  Everything is verified before anything is moved.  Returns what the archive has
    and the files that were kept.  Raises StoreError.
    """
    file = _sqlite(engine)
    fresh = {_DATABASE: file, KEY: directory / KEY}
    drafts: dict[Path, Path] = {}
    try:
        with _opened(archive) as (tar, manifest):
            for name, digest in manifest.digests.items():
                place = fresh[name]
                drafts[place] = place.with_name(f"{place.name}.restoring")
                _verified(tar, name, digest, archive, drafts[place])
        _examined(drafts[file])
        kept = tuple(_set_aside(place, now) for place in drafts if place.exists())
        for log in ("-wal", "-shm"):
            file.with_name(f"{file.name}{log}").unlink(missing_ok=True)
        for place, draft in drafts.items():
            draft.replace(place)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return manifest, kept


def integrity(engine: Engine) -> tuple[str, ...]:
    """What is wrong with the file of an SQLite store; nothing for another database, which looks after itself."""
    file = sqlite_file(engine)
    return _damage(file) if file and file.exists() else ()


def _sqlite(engine: Engine) -> Path:
    file = sqlite_file(engine)
    if file is None:
        mend = "Back a PostgreSQL store up with pg_dump; docs/operating.md says what belongs to it."
        raise StoreError("is no SQLite file.", where="store.url", mend=mend)
    return file


def _copy(file: Path, copy: Path) -> None:
    """A copy as of one moment: writers go on meanwhile, and what they write is not in it."""
    copy.unlink(missing_ok=True)
    with _private(copy):
        pass
    # A connection of our own, in the driver's default mode: the pool's are in the middle of nothing, but ours to keep.
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _examined(copy: Path) -> tuple[uuid.UUID, int, str]:
    """Instance, generation and schema of a copy.  Raises StoreError if it is damaged."""
    if damage := _damage(copy):
        raise StoreError(f"the copy is damaged: {damage[0]}", where=str(copy), mend="Look at the disk.")
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
        try:
            uid, generation = connection.execute("SELECT uid, generation FROM instance").fetchone()
            (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except (sqlite3.Error, TypeError) as error:
            raise StoreError("is no store of Rundbrief's.", where=str(copy)) from error
    return uuid.UUID(uid), generation, schema


def _damage(file: Path) -> tuple[str, ...]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
            orphans = [f"{table}: a row without its {parent}" for table, _, parent, _ in _orphans(connection)]
        except sqlite3.DatabaseError as error:
            return (str(error),)
    return (*(line for line in said if line != "ok"), *orphans)


def _orphans(connection: sqlite3.Connection) -> Iterator[Any]:
    yield from connection.execute("PRAGMA foreign_key_check").fetchmany(10)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), _ONLY_OURS
    tar.addfile(info, io.BytesIO(content))


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[tarfile.TarFile, Backup]]:
    mend = "`rundbrief backup FILE` makes one."
    try:
        tar = tarfile.open(archive, mode="r:")  # noqa: SIM115  (closed below)
    except (OSError, tarfile.TarError) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else "is no backup"
        raise StoreError(f"can't be read: {what}.", where=str(archive), mend=mend) from error
    with tar:
        try:
            stream = tar.extractfile(_MANIFEST)
            given = json.loads(stream.read(_LARGEST_MANIFEST) if stream else b"")
            manifest = Backup(
                made=datetime.fromisoformat(given["made"]),
                instance=uuid.UUID(given["instance"]),
                generation=int(given["generation"]),
                schema=str(given["schema"]),
                digests={str(name): str(digest) for name, digest in given["digests"].items()},
            )
            known = given["format"] == _FORMAT and {_DATABASE} <= manifest.digests.keys() <= {_DATABASE, KEY}
        except (KeyError, ValueError, TypeError, AttributeError, tarfile.TarError) as error:
            raise StoreError("is no backup of Rundbrief's.", where=str(archive), mend=mend) from error
        if not known:
            raise StoreError("was made by another version.", where=str(archive), mend="Use that version.")
        yield tar, manifest


def _verified(tar: tarfile.TarFile, name: str, digest: str, archive: Path, into: Path | None = None) -> None:
    """Read a file of an archive, into another if that is given; raises StoreError where it is not what it was."""
    try:
        stream = cast("io.BufferedReader", tar.extractfile(name))
        if into is None:
            found = file_digest(stream, "sha256").hexdigest()
        else:
            with _private(into) as target:
                while block := stream.read(_BLOCK):
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            found = _digest(into)
    except (KeyError, AttributeError, tarfile.TarError, EOFError) as error:
        raise StoreError(f"is damaged: {name} can't be read.", where=str(archive)) from error
    if found != digest:
        raise StoreError(f"is damaged: {name} is not what was backed up.", where=str(archive), mend="Take another.")


def _set_aside(place: Path, now: datetime) -> Path:
    kept = place.with_name(f"{place.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
    if place.suffix == ".db":
        # What was committed last may still be in its log.
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    place.replace(kept)
    return kept


@contextmanager
def _private(path: Path, mode: str = "wb") -> Iterator[IO[bytes]]:
    """A file that only we can read: it has addresses and keys."""
    with open(path, mode, opener=lambda name, flags: os.open(name, flags, _ONLY_OURS)) as stream:
        yield stream
