"""The nearest valid name to one that was mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(written: str, valid: Iterable[str]) -> str:
    """``"Did you mean `settle`?"``, or nothing where no valid name is near."""
    by_key = {name.casefold(): name for name in sorted(valid)}
    close = difflib.get_close_matches(written.casefold(), by_key, n=1, cutoff=0.7)
    return f"Did you mean `{by_key[close[0]]}`?" if close else ""


def one_of(valid: Iterable[str]) -> str:
    """The valid names in words: "`a`, `b` or `c`"."""
    *first, last = [f"`{name}`" for name in valid]
    return f"{', '.join(first)} or {last}" if first else last
