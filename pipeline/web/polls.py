"""A poll: what a reader asks of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# The head of a request that asks for nothing special, whole.  Whatever is not exactly this (another version of HTTP, a
# body, an escaped path, a folded line) is left to the HTTP server, which knows the rules.
# (No possessive quantifiers: in groups, those of Python before 3.11.5 find nothing.)
_PLAIN_HEAD = re.compile(
    rb"(GET|HEAD) /feeds/([A-Za-z0-9._~/-]*) HTTP/1\.1"
    rb"((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t!-~\x80-\xff]*)+)\r\n\r\n"
)
# Of its headers those that make a difference.
_TELLING = re.compile(
    rb"\r\n((?i:accept-encoding|if-none-match|if-modified-since|connection|content-length|transfer-encoding|upgrade|expect))"
    rb":([^\r]*)"
)
_ASKED = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
LONGEST_PLAIN = 2048
"""In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Poll:
    """What a reader asks of a document.

    ``path`` is the address below ``/feeds/``, ``name`` that of the document it can only mean; None for none that
    could have been published.  Header values are as they came; None: there was none.
    """

    path: str
    name: str | None
    head_only: bool = False
    closes: bool = False
    accept_encoding: str = ""
    if_none_match: str | None = None
    if_modified_since: str | None = None


def plain_poll(request: bytes) -> Poll | None:
    """The poll that is the whole of ``request``, an HTTP request for something below ``/feeds/``.

    None if it is more than that, or something else.  Readers differ in what they tell of themselves, and hardly in what
    they ask: those that ask the same get the same poll.
    """
    found = _PLAIN_HEAD.fullmatch(request)
    return _meant(found[1], found[2], *_TELLING.findall(found[3])) if found else None


@lru_cache(maxsize=4096)
def _meant(method: bytes, path: bytes, *telling: tuple[bytes, bytes]) -> Poll | None:
    headers, closes = [], False
    for name, value in telling:
        lower, said = name.lower(), value.strip(b" \t")
        if lower in _ASKED:
            headers.append((lower, said))
        elif lower != b"connection" or said.lower() not in {b"keep-alive", b"close"}:
            return None
        else:
            closes = closes or said.lower() == b"close"
    poll = asked(path.decode(), method.decode(), headers, closes=closes)
    return poll if poll.name else None


def asked(path: str, method: str, headers: Iterable[tuple[bytes, bytes]], *, closes: bool = False) -> Poll:
    """The poll of a request; names of headers are in small letters.  ``path`` is that below ``/feeds/``."""
    said: dict[bytes, str] = {}
    for name, value in headers:
        if name in _ASKED:
            text = value.decode("latin-1")
            said[name] = f"{said[name]},{text}" if name in said else text
    return Poll(
        path=path,
        name=document_name(path),
        head_only=method == "HEAD",
        closes=closes,
        accept_encoding=said.get(b"accept-encoding", ""),
        if_none_match=said.get(b"if-none-match"),
        if_modified_since=said.get(b"if-modified-since"),
    )


@lru_cache(maxsize=4096)
def document_name(path: str) -> str | None:
    """The document that a path below ``/feeds/`` names; None for one that could not be a published document.

    A path that ends with a slash names the page of that directory.  Names that begin with a dot are drafts.
    """
    name = f"{path}index.html" if not path or path.endswith("/") else path
    parts = name.split("/")
    if any(not part or part.startswith(".") or not part.isprintable() or "\\" in part for part in parts):
        return None
    return name
