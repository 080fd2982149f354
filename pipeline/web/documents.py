"""The published documents, in memory: read once, and again when the file changes."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from threading import Lock
from typing import Protocol

from pipeline.web.conditional import http_date

_FEED_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "feed": "application/feed+json"}
_TEXT_TYPES = {".html": "text/html", ".css": "text/css", ".xml": "application/xml", ".json": "application/json"}
_WORTH_PACKING = 860

Stamp = tuple[int, int, int, int]
RawHeaders = tuple[tuple[bytes, bytes], ...]


class Describe(Protocol):
    """Says which headers a document gets beside its ETag, Last-Modified and what its form needs."""

    def __call__(self, name: str, media_type: str, *, is_feed: bool) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's bytes, and what is told about them.

    ``stamp`` identifies the state of the file.  ``etag`` is a strong one, of the bytes.  ``packed`` is the gzip form,
    None where it would not be smaller; it has an ETag of its own, since it is other bytes.  ``headers`` are those that
    all answers share, made once, as ASGI takes them.
    """

    stamp: Stamp
    body: bytes
    packed: bytes | None
    etag: str
    packed_etag: str
    modified: datetime
    modified_text: str
    media_type: str
    headers: RawHeaders

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return len(self.body) + len(self.packed or b"")


def stamp_of(status: os.stat_result) -> Stamp:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def load_document(root: Path, name: str, describe: Describe) -> Document | None:
    """The document of that name (a path with slashes) below ``root``; None if there is no such file to be served.

    Not served: what a symbolic link puts outside of ``root``, and what is no regular file.
    ``modified`` is the file's: publishing touches a file only when its content changes.
    """
    file = _inside(root, name)
    if file is None:
        return None
    try:
        # Not blocking, since opening a named pipe would wait for a writer.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with _closing(descriptor):
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            body = stream.read()
    media_type, is_feed = _media_type(name)
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= _WORTH_PACKING and _is_text(media_type) else None
    digest = hashlib.sha256(body).hexdigest()[:32]
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    modified_text = http_date(modified)
    return Document(
        stamp=stamp_of(status),
        body=body,
        packed=packed if packed and len(packed) < len(body) else None,
        etag=f'"{digest}"',
        packed_etag=f'"{digest}-gzip"',
        modified=modified,
        modified_text=modified_text,
        media_type=media_type,
        headers=raw_headers({"last-modified": modified_text} | dict(describe(name, media_type, is_feed=is_feed))),
    )


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def is_directory(root: Path, name: str) -> bool:
    """Whether the name is a directory below ``root``."""
    file = _inside(root, name)
    return file is not None and file.is_dir()


def _inside(root: Path, name: str) -> Path | None:
    """The file of that name with all symbolic links resolved; None if there is none, or it lies outside ``root``."""
    try:
        file = Path(os.path.realpath(root / name, strict=True))
        return file if file.is_relative_to(os.path.realpath(root)) else None
    except (OSError, ValueError):
        return None


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _media_type(name: str) -> tuple[str, bool]:
    """The Content-Type by the file's name, and whether it is a feed."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    suffix = dot + ending
    if suffix in {".xml", ".json"} and (feed := _FEED_TYPES.get(stem.partition("-")[0])):
        return f"{feed}; charset=utf-8", True
    if suffix in _TEXT_TYPES:
        return f"{_TEXT_TYPES[suffix]}; charset=utf-8", False
    return guess_type(name)[0] or "application/octet-stream", False


def _is_text(media_type: str) -> bool:
    return "charset" in media_type or media_type.startswith("text/") or media_type == "image/svg+xml"


class DocumentMemory:
    """Documents by name, the latest used ones, up to ``budget`` bytes.  Thread-safe."""

    def __init__(self, root: Path, describe: Describe, budget: int = 64 * 1024 * 1024) -> None:
        self._root = root
        self._describe = describe
        self._budget = budget
        self._used = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._lock = Lock()

    def fresh(self, name: str) -> Document | None:
        """The document if it is in memory and the file is as it was when it was read: one ``stat``, no reading."""
        document = self._documents.get(name)
        if document is None:
            return None
        try:
            # Joined by hand: building a Path takes longer than the stat.
            if stamp_of(os.stat(f"{self._root}/{name}")) != document.stamp:  # noqa: PTH116
                return None
        except OSError:
            return None
        with self._lock:
            if name in self._documents:
                self._documents.move_to_end(name)
        return document

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
                    self._used -= self._documents.popitem(last=False)[1].size
        return document
