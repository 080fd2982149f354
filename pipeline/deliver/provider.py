"""What `deliver` knows of a mail provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message


class Shape(StrEnum):
    """How a provider takes a batch."""

    VARIABLES = "variables"
    """One content, and values per recipient."""
    MESSAGES = "messages"
    """Each message whole, rendered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do.

    ``max_batch`` counts recipients a call.  ``key_life`` is how long the provider recognises a batch that it has
    seen and doesn't send it again (None: it never does; `timedelta.max`: for good).  ``log_settles`` is the age after
    which the silence of a `Queryable` provider's log proves that a batch was not accepted (None: it never does).
    ``call_timeout`` bounds one `Provider.submit`; the ledger's lease outlives it.  ``own_message_id`` tells whether
    messages keep the Message-ID that we give them.  ``no_one_click`` is why a provider can't carry each recipient's own
    List-Unsubscribe (RFC 8058), a sentence, and empty where it can: newsletters must not go by one that can't.
    """

    shape: Shape
    max_batch: int
    key_life: timedelta | None = None
    log_settles: timedelta | None = None
    call_timeout: timedelta = timedelta(seconds=60)
    own_message_id: bool = True
    no_one_click: str = ""


class Provider(Protocol):
    """A mail provider.  Implementations live in ``providers/``, one file each; `deliver` knows only this."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        """Hand a batch over; one outcome per recipient, in the order of ``batch.recipients``.

        Raises `ProviderUnavailable` (surely not accepted), `ProviderRejected` (credentials or request refused) or
        `SubmissionUncertain` (may have been accepted), each for the batch as a whole.
        """
        ...

    def close(self) -> None:
        """Give connections back.  May be called more than once."""
        ...


@runtime_checkable
class Queryable(Protocol):
    """A provider whose log can be asked what became of a batch."""

    def look_up(self, batch: Batch) -> Sequence[Outcome] | None:
        """The outcomes of a batch in doubt by its tag, or None while the log can't tell."""
        ...
