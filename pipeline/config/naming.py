"""Names for what is added to config.toml, made from titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from urllib.parse import urlsplit

from pipeline.domain.slug import LATIN_IN_ASCII

_LONGEST = 40
"""Shorter than a name may be, so that there is room for a number, and for reading it in a table."""


def name_from(title: str, url: str, taken: Container[str]) -> str:
    """A name that is not ``taken``: the title's letters in ASCII (``Müßig & Co`` is ``muessig-co``).

    Where the title has none, the address's host; at last ``source``.  A number makes it the only one.
    """
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    name = _plain(title) or _plain(host) or "source"
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _plain(text: str) -> str:
    # Composed first, so that an umlaut is one letter; decomposed then, so that other accents fall off.
    written_out = unicodedata.normalize("NFC", text).lower().translate(LATIN_IN_ASCII)
    letters = unicodedata.normalize("NFKD", written_out).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9_]+", "-", re.sub(r"[.](?=\w)", "-", letters)).strip("-_")
    if len(words) <= _LONGEST:
        return words
    cut = words[: _LONGEST + 1].rpartition("-")[0]
    return (cut if len(cut) > _LONGEST // 2 else words[:_LONGEST]).strip("-_")
