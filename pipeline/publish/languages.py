"""Which languages documents name."""

from __future__ import annotations

import re
from functools import cache, lru_cache

_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z0-9]{1,8})*", re.IGNORECASE | re.ASCII)


@lru_cache(maxsize=1024)
def known_language(tag: str | None) -> str | None:
    """The BCP 47 tag, if its language is one that there is.

    Feeds often name a country instead (``jp``, ``cz``): readers then speak and break lines by chance, and validators
    call it an error.  It is better to say nothing.
    """
    found = _TAG.fullmatch(tag or "")
    return tag if found and found[1].lower() in _languages() else None


@cache
def _languages() -> frozenset[str]:
    """The codes of ISO 639 that CLDR knows, old and new."""
    from babel.core import get_global  # noqa: PLC0415  (loads slowly)

    tags = [*get_global("likely_subtags"), *get_global("language_aliases")]
    return frozenset(tag.partition("_")[0] for tag in tags) - {"und"}
