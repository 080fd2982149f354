"""What a newsletter offers to people, and what they choose of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.domain.article import topic_key
from pipeline.domain.audience import Choice

Fields = Mapping[str, Sequence[str]]
"""The values of each field of a form."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A newsletter as its pages show it.

    ``cadences`` are the names in the configuration, in its order; ``slower`` those that come less often than another,
    by name; ``topics`` are labels.  ``consent`` are the words that people agree to, "" for ours.  ``is_open``: there is
    a page to sign up.
    """

    name: str
    title: str
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    cadences: tuple[str, ...] = ("weekly",)
    slower: Mapping[str, str]
    topics: tuple[str, ...] = ()
    local_time: bool = False
    is_open: bool = True
    consent: str = ""
    archive: Literal["public", "unlisted", "off"] = "off"


def read_choice(fields: Fields, offer: Offer, languages: Sequence[str], zones: Sequence[str] | None = None) -> Choice:
    """What a form says; what is not on offer is as if it hadn't been chosen.

    All topics are the same as none: who takes everything also gets what is new.
    """
    cadence = first(fields, "cadence")
    named = {topic_key(label) for label in fields.get("topic", ())}
    topics = tuple(label for label in offer.topics if topic_key(label) in named)
    language, timezone = first(fields, "language"), first(fields, "timezone")
    return Choice(
        cadence=cadence if cadence in offer.cadences else offer.cadences[0],
        topics=() if len(topics) == len(offer.topics) else topics,
        language=language if language in languages else None,
        timezone=timezone if offer.local_time and zones and timezone in zones else None,
    )


def read_name(fields: Fields) -> str:
    """The name as it may stand in a mail: one line of printable characters, not too long."""
    name = " ".join(_CONTROL.sub(" ", first(fields, "name")).split())
    return name[:_NAME_LENGTH].strip()


def first(fields: Fields, name: str) -> str:
    """A field's first value, "" where it has none."""
    return next(iter(fields.get(name, ())), "")
