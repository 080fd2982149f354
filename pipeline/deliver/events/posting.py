"""A webhook made of who may post and of what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from pipeline.deliver.event import Posted, Received
from pipeline.deliver.events.signatures import Check
from pipeline.domain.event import Event

JSON = frozenset({"application/json"})
FORM = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

Read = Callable[[Posted], Sequence[Event]]
"""Raises `Unreadable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedWebhook:
    """See `pipeline.deliver.event.Webhook`."""

    check: Check
    read: Read
    content_types: frozenset[str] = JSON
    largest: int = 10_000_000
    enough: int = HTTPStatus.BAD_REQUEST

    def receive(self, posted: Posted, now: datetime) -> Received:
        once = self.check(posted, now)
        return Received(events=self.read(posted), once=once)
