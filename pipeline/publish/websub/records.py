"""What is kept of topics, requests and subscriptions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pipeline.publish.websub.asking import Asked
from pipeline.publish.websub.distribution import Tries


def key_of(topic: str, callback: str) -> str:
    """What a topic and a callback are found by: the two make a subscription."""
    return hashlib.sha256(f"{topic}\n{callback}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicState:
    """A topic's content by its digest, and what a foreign hub was told of.  ``tries`` are those to tell it."""

    url: str
    digest: str
    changed: datetime
    pinged_digest: str | None
    pinged: datetime | None
    tries: Tries
    next_try: datetime | None

    @property
    def owed(self) -> bool:
        """Whether the hub has yet to be told."""
        return self.digest != self.pinged_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request that waits for its verification or its denial.  ``nonce`` tells it from the next for the same key."""

    key: str
    nonce: str
    asked: Asked
    at: datetime

    @property
    def host(self) -> str:
        return self.asked.host


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscription:
    """A subscription that was confirmed.

    ``digest`` is the content that it is done with: it was delivered, or tried for too long.
    """

    key: str
    topic: str
    callback: str
    host: str
    secret: str | None
    lease_until: datetime
    subscribed: datetime
    digest: str | None
    delivered: datetime | None
    tries: Tries
    next_try: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who takes work, from when until when it is theirs alone, how much at most, and how much of one host's."""

    owner: str
    now: datetime
    until: datetime
    limit: int
    per_host: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLimits:
    """How many there may be: subscriptions, and requests that wait; in all, of one host, from one network."""

    subscriptions: int = 10_000
    per_host: int = 1_000
    per_network: int = 1_000
    waiting: int = 1_000
    waiting_per_host: int = 200
