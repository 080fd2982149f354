"""Reads published documents from disk, with all that is told about them over HTTP."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Protocol

import brotli

from pipeline.web.conditional import http_date
from pipeline.web.document import Document, Form, Head, RawHeaders, Stamp

_FEED_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "feed": "application/feed+json"}
_TEXT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".xml": "application/xml",
    ".json": "application/json",
    ".opml": "text/x-opml",
}
_WORTH_PACKING = 860
# Nearly as small as the best there is, which takes thirty times as long.
_BROTLI_QUALITY = 9


class Describe(Protocol):
    """Says which headers a document gets beside its ETag, Last-Modified and what its form needs."""

    def __call__(self, name: str, media_type: str, *, is_feed: bool) -> Mapping[str, str]: ...


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
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    modified_text = http_date(modified)
    shared = {"last-modified": modified_text, **describe(name, media_type, is_feed=is_feed)}
    digest = hashlib.sha256(body).hexdigest()[:32]
    return Document(
        stamp=stamp_of(status),
        forms=tuple(_form(coding, packed, digest, shared, media_type) for coding, packed in _codings(body, media_type)),
        modified=modified,
        modified_text=modified_text,
    )


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def is_directory(root: Path, name: str) -> bool:
    """Whether the name is a directory below ``root``."""
    file = _inside(root, name)
    return file is not None and file.is_dir()


def _codings(body: bytes, media_type: str) -> Iterator[tuple[str | None, bytes]]:
    if len(body) >= _WORTH_PACKING and _is_text(media_type):
        for coding, packed in (
            ("br", brotli.compress(body, quality=_BROTLI_QUALITY)),
            ("gzip", gzip.compress(body, 6, mtime=0)),
        ):
            if len(packed) < len(body):
                yield coding, packed
    yield None, body


def _form(coding: str | None, body: bytes, digest: str, shared: Mapping[str, str], media_type: str) -> Form:
    etag = f'"{digest}-{coding}"' if coding else f'"{digest}"'
    unchanged = {"etag": etag, **shared}
    whole = unchanged | {"content-type": media_type, "content-length": str(len(body))}
    if coding:
        whole["content-encoding"] = coding
    return Form(
        coding=coding,
        body=body,
        etag=etag,
        whole=_head(HTTPStatus.OK, whole),
        unchanged=_head(HTTPStatus.NOT_MODIFIED, unchanged),
    )


def _head(status: HTTPStatus, headers: Mapping[str, str]) -> Head:
    raw = raw_headers(headers)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), *(name + b": " + value for name, value in raw), b""]
    return Head(status=status.value, headers=raw, text=b"\r\n".join(lines))


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
