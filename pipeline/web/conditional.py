"""Conditional requests and content negotiation (RFC 9110, sections 8.8, 12.5.3, 13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


@lru_cache(maxsize=256)
def matching_tag(if_none_match: str, tags: tuple[str, ...]) -> str | None:
    """The first of the tags that the header names, compared weakly; ``*`` names every one."""
    if if_none_match.strip() == "*":
        return tags[0]
    named = _ENTITY_TAG.findall(if_none_match)
    return next((tag for tag in tags if tag in named), None)


def unmodified(if_modified_since: str, modified: datetime) -> bool:
    """Whether it has not been modified since.  A header that is no HTTP date counts for nothing."""
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since


def http_date(moment: datetime) -> str:
    """An aware UTC time as an HTTP date."""
    return format_datetime(moment, usegmt=True)


@lru_cache(maxsize=256)
def accepted_coding(accept_encoding: str, offered: tuple[str, ...]) -> str | None:
    """The content coding that the header weighs most; of equals, the first one offered.  None is no coding at all.

    A coding that is not named is not taken, unless ``*`` is.
    """
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        name = coding.strip()
        weights["gzip" if name == "x-gzip" else name] = _weight(parameters)
    others = weights.get("*", 0.0)
    best = max(offered, key=lambda coding: weights.get(coding, others), default=None)
    weight = weights.get(best, others) if best else 0.0
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


def preferred_language(accept_language: str, offered: tuple[str, ...]) -> str | None:
    """The offered language (two letters) that the header weighs most; None if it names none of them."""
    best, best_weight = None, 0.0
    for part in accept_language.lower().split(","):
        tag, _, parameters = part.partition(";")
        language = tag.strip().partition("-")[0]
        if language in offered and (weight := _weight(parameters)) > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
