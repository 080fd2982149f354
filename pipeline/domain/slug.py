"""Parts of addresses, made from what people write."""

from __future__ import annotations

import re
import unicodedata

LATIN_IN_ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe"}
    | {"ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "+": " plus ", "’": "", "'": "", "ʼ": ""}
)
"""Small letters that do not fall apart into one of ASCII and an accent."""

_LONGEST = 60


def slug(text: str) -> str:
    """A part of an address: ``Künstliche Intelligenz`` is ``kuenstliche-intelligenz``, ``الذكاء`` stays what it is.

    Latin letters become ASCII, those of other scripts stay; all else parts words.  Empty where there are no letters.
    """
    # Composed first, so that an umlaut is one letter.
    written_out = unicodedata.normalize("NFC", text).lower().translate(LATIN_IN_ASCII)
    words = re.sub(r"-{2,}", "-", "".join(map(_part, written_out))).strip("-")
    if len(words) <= _LONGEST:
        return words
    cut = words[: _LONGEST + 1].rpartition("-")[0]
    return cut if len(cut) > _LONGEST // 2 else words[:_LONGEST]


def _part(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode().lower()
    if plain:
        return re.sub(r"[^a-z0-9]", "-", plain)
    if "\u0300" <= letter <= "\u036f":  # an accent that makes no letter of its own with the one before it
        return ""
    # Other marks are vowels in many scripts.
    return letter if letter.isalnum() or unicodedata.category(letter).startswith("M") else "-"
