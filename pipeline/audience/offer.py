"""What a newsletter offers to people, and what they choose of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline.domain.article import distinct_topics, topic_key
from pipeline.domain.audience import Choice

Fields = Mapping[str, Sequence[str]]
"""The values of each field of a form."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A newsletter as its pages show it.

    ``cadences`` are the names in the configuration, in its order, each with the time between two of its issues.
    ``topics`` are labels, ``language`` and ``timezone`` what counts for who chose none; ``local_time`` tells whether
    the time zone matters.  ``consent`` are the words that people agree to, "" for ours.  ``is_open``: there is a page
    to sign up.  ``tracks``: openings or clicks are counted.
    """

    name: str
    title: str
    cadences: Mapping[str, timedelta]
    description: str = ""
    language: str = "en"
    timezone: str = "UTC"
    topics: tuple[str, ...] = ()
    local_time: bool = False
    is_open: bool = True
    consent: str = ""
    archive: Literal["public", "unlisted", "off"] = "off"
    tracks: bool = False

    def slower_than(self, cadence: str) -> tuple[str, ...]:
        """The cadences that come less often, from the most frequent on."""
        pace = self.cadences.get(cadence, timedelta())
        slower = [name for name, interval in self.cadences.items() if interval > pace]
        return tuple(sorted(slower, key=lambda name: self.cadences[name]))


def read_choice(
    fields: Fields,
    offer: Offer,
    languages: Collection[str],
    zones: Collection[str] = (),
    before: Choice | None = None,
) -> Choice:
    """What a form says; what is neither on offer nor was chosen ``before`` is as if it hadn't been chosen.

    All topics on offer are the same as none: who takes everything also gets what is new.
    """
    cadence = first(fields, "cadence")
    cadences = [*offer.cadences, *([before.cadence] if before else ())]
    named = {topic_key(label) for label in fields.get("topic", ())}
    topics = tuple(label for label in topics_of(offer, before) if topic_key(label) in named)
    everything = bool(offer.topics) and {topic_key(label) for label in offer.topics} <= named
    language, timezone = first(fields, "language"), first(fields, "timezone")
    return Choice(
        cadence=cadence if cadence in cadences else before.cadence if before else cadences[0],
        topics=() if everything else topics,
        language=language if language in languages and language != offer.language else None,
        timezone=timezone if offer.local_time and timezone in zones and timezone != offer.timezone else None,
    )


def topics_of(offer: Offer, before: Choice | None) -> tuple[str, ...]:
    """What may be chosen from: the topics on offer, and what somebody has of others."""
    return distinct_topics((*offer.topics, *(before.topics if before else ())))


def read_name(fields: Fields) -> str:
    """The name as it may stand in a mail: one line of printable characters, not too long."""
    name = " ".join(_CONTROL.sub(" ", first(fields, "name")).split())
    return name[:_NAME_LENGTH].strip()


def first(fields: Fields, name: str) -> str:
    """A field's first value, "" where it has none."""
    return next(iter(fields.get(name, ())), "")
