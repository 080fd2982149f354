"""How a hub distributes a topic's content, and what follows from each answer (WebSub, 7)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

from pipeline.publish.websub.caller import Answer

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP = timedelta(days=2)
"""How long one content is tried; the subscription lives on, and the next content is tried again."""

_JITTER = 0.25
_DOUBLINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A document that may be subscribed to: its public address, its file, and the Content-Type that it is served as."""

    url: str
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The failures in a row for one content, and since when.  ``error`` is the last."""

    failures: int = 0
    since: datetime | None = None
    error: str = ""


class Fate(StrEnum):
    """What becomes of a distribution to one subscription."""

    DELIVERED = "delivered"
    LATER = "later"
    GIVEN_UP = "given up"
    """This content is no longer tried."""
    ENDED = "ended"
    """The subscriber says that there is no such subscription (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The fate, the failures so far, and when to try again."""

    fate: Fate
    tries: Tries = Tries()
    retry_at: datetime | None = None


def digest(content: bytes) -> str:
    """What tells two contents of a topic apart."""
    return hashlib.sha256(content).hexdigest()


def distribution_headers(topic: Topic, hub: str, secret: str | None, content: bytes) -> Mapping[str, str]:
    """The headers of the POST that carries ``content``."""
    headers = {"Content-Type": topic.content_type, "Link": f'<{topic.url}>; rel="self", <{hub}>; rel="hub"'}
    if secret is not None:
        headers["X-Hub-Signature"] = f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"
    return headers


def judge(answer: Answer, key: str, before: Tries, now: datetime) -> Verdict:
    """What follows from a subscriber's answer.  ``key`` tells subscriptions apart."""
    if answer.ok:
        return Verdict(fate=Fate.DELIVERED)
    if answer.status == HTTPStatus.GONE:
        return Verdict(fate=Fate.ENDED)
    tries = Tries(failures=before.failures + 1, since=before.since or now, error=answer.failure)
    retry_at = now + wait(key, tries.failures, answer.retry_after)
    fate = Fate.GIVEN_UP if now - (tries.since or now) >= GIVE_UP else Fate.LATER
    return Verdict(fate=fate, tries=tries, retry_at=retry_at)


def wait(key: str, failures: int, asked: timedelta | None = None) -> timedelta:
    """How long until the next try: doubled with each failure in a row, and at least as long as was ``asked`` for.

    Up to a quarter less, always the same for the same key and count, so that those that failed together don't come
    back together.
    """
    spread = int.from_bytes(hashlib.sha256(f"{key} {failures}".encode()).digest()[:4]) / 2**32
    doubled = min(FIRST_WAIT * (1 << min(failures - 1, _DOUBLINGS)), LONGEST_WAIT)
    return max(doubled * (1 - _JITTER * spread), min(asked or timedelta(), LONGEST_WAIT))
