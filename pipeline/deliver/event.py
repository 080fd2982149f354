"""What `deliver` knows of the ways in which providers tell of events: webhooks, logs, mailboxes, lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What was posted to a webhook.  Names of ``headers`` are in small letters; ``token`` is from the address."""

    headers: Mapping[str, str]
    body: bytes
    token: str = ""


class Once(NamedTuple):
    """Something in a request that comes once only, until ``until``; again with the same ``digest`` it is a repetition.

    With another digest it is a forgery: somebody got hold of a request and changed what is not signed.
    """

    key: str
    digest: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a genuine request says."""

    events: Sequence[Event] = ()
    once: Once | None = None


class NotGenuine(Exception):
    """The request is not, or not surely, the provider's, or it is too old.  Nobody is told which."""


class Unreadable(Exception):
    """The request is genuine, but says nothing that can be understood: it need not be told again."""


class Webhook(Protocol):
    """How one provider posts events.  Implementations live in ``events/``, and may be shared by threads."""

    @property
    def content_types(self) -> frozenset[str]:
        """Those of its requests."""
        ...

    @property
    def largest(self) -> int:
        """The most bytes of one: what has to be read before it is known to be genuine is small."""
        ...

    @property
    def enough(self) -> int:
        """The HTTP status by which the provider understands that it need not tell this again."""
        ...

    def receive(self, posted: Posted, now: datetime) -> Received:
        """Check a request and read it.  Raises `NotGenuine` or `Unreadable`."""
        ...


class EventLog(Protocol):
    """A provider's log of events, which can be asked instead of waiting to be told."""

    def since(self, since: datetime, until: datetime) -> Iterator[Sequence[Event]]:
        """The events of that time, page by page, the oldest first.  Raises `ProviderError`."""
        ...

    def close(self) -> None: ...


class Listed(NamedTuple):
    """An address on a provider's own list of those that it doesn't mail any more."""

    address: str
    reason: SuppressionReason
    detail: str = ""


class SuppressionList(Protocol):
    """A provider's own lists of addresses that it doesn't mail any more."""

    def read(self) -> Iterator[Listed]:
        """All of them, page by page.  Raises `ProviderError` where they can't be read whole."""
        ...

    def close(self) -> None: ...


class Letter(NamedTuple):
    """A mail in a mailbox: ``key`` names it there; ``content`` is None where it is too large to be read."""

    key: str
    content: bytes | None


class Mailbox(Protocol):
    """Where bounces arrive."""

    def unread(self) -> Iterator[Letter]:
        """The mails that nobody has read.  Raises OSError where it can't be got at."""
        ...

    def mark_read(self, keys: Sequence[str]) -> None:
        """What has been read is not given out again."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of events.

    ``new`` were not known before, ``repeated`` were; ``foreign`` are not about mail of ours that counts (tests don't),
    and ``old`` are older than what is remembered.  ``suppressed`` are addresses that get no more mail, ``ended``
    subscriptions that ended.
    """

    new: int = 0
    repeated: int = 0
    foreign: int = 0
    old: int = 0
    suppressed: int = 0
    ended: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(
            new=self.new + other.new,
            repeated=self.repeated + other.repeated,
            foreign=self.foreign + other.foreign,
            old=self.old + other.old,
            suppressed=self.suppressed + other.suppressed,
            ended=self.ended + other.ended,
        )
