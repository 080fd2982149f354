"""A provider with an HTTP API: what all of them have in common, around a dialect for what they have not.

A dialect says how a batch is written down and what the answer means.  Around it stand: nothing leaves without a value
for each merge field, no call is larger than the provider takes, what is refused for a part of its recipients is divided
(`dividing`), and failures mean what they mean for a submission (`http_calls`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Protocol, Self, runtime_checkable

from pipeline.deliver.addresses import ascii_domain
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee, addressees, refusals
from pipeline.deliver.providers.dividing import Divisible, hand_over_in_parts
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.recipients import in_order, require_fields, uncertain
from pipeline.deliver.providers.written import as_json
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, RenderError

# Characters of whole messages in one call: several calls are under way at once, and each is in memory.
_COMFORTABLE = 3_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: POST ``body`` to ``url``."""

    url: str
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, url: str, document: object, headers: Mapping[str, str] | None = None) -> Self:
        """A call with this document."""
        return cls(url=url, body=b"".join(as_json(document)), headers=headers or {})

    @classmethod
    def of_each(cls, url: str, documents: Iterable[object], headers: Mapping[str, str] | None = None) -> Self:
        """A call with a list of these, each written down before the next one is made: all of them are large."""
        pieces = [piece for document in documents for piece in (b",", *as_json(document))]
        return cls(url=url, body=b"".join((b"[", *pieces[1:], b"]")), headers=headers or {})


class Dialect(Protocol):
    """What one provider's API is like.  Implementations keep no state and may be shared by threads."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def largest_call(self) -> int:
        """The most bytes of one request's body."""
        ...

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:
        """The request that hands ``chosen`` over; the same bytes for the same arguments.

        ``part`` names a part of a batch, and is empty for the whole: a key is made of the batch's id and it.  Raises
        `ProviderRejected` or `RenderError` for what this provider can't be told.
        """
        ...

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        """An outcome for each of ``chosen``, or why the call has to be divided.

        Raises `ProviderUnavailable`, `ProviderRejected` and `SubmissionUncertain` as `Provider.submit` does.
        """
        ...


@runtime_checkable
class Log(Protocol):
    """A dialect of a provider whose log can be asked."""

    def found(self, calls: HttpCalls, batch: Batch, everyone: Sequence[Addressee]) -> Mapping[int, Outcome]:
        """What the log shows of a batch, by the recipients' places in it; empty while it shows nothing.

        Raises `ProviderRejected` when the log must not be read.
        """
        ...


@dataclass(slots=True, kw_only=True)
class ApiProvider:
    """A provider that speaks a dialect.  ``timeout`` bounds making a connection and each wait for an answer."""

    name: str
    dialect: Dialect
    calls: HttpCalls
    timeout: timedelta
    monotonic: Callable[[], float] = time.monotonic

    @property
    def capabilities(self) -> Capabilities:
        return self.dialect.capabilities

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        """Hand the batch over; see `Provider.submit`."""
        where = f"providers.{self.name}"
        require_fields(batch, message, where=where)
        try:
            everyone = tuple(addressees(batch, ascii_domain(message.message_id_domain)))
            return hand_over_in_parts(
                batch,
                everyone,
                partial(self._hand_over, batch, message),
                # One call is three time-outs at most: connect, wait, read; `call_timeout` is six.
                patience=2 * self.timeout,
                monotonic=self.monotonic,
                known_again=self.capabilities.key_life is not None,
                most=max(1, _COMFORTABLE // (len(message.html) + len(message.text)))
                if self.capabilities.shape is Shape.MESSAGES
                else len(everyone),
            )
        except RenderError as error:
            raise ProviderRejected(error.what, where=error.where or where, mend=error.mend) from error

    def close(self) -> None:
        self.calls.close()

    def _hand_over(
        self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str
    ) -> Sequence[Outcome] | Divisible:
        call = self.dialect.call(batch, message, chosen, part)
        if len(call.body) > self.dialect.largest_call:
            what = f"The message has {len(call.body)} bytes, and {self.name} takes {self.dialect.largest_call}."
            return Divisible(what, address_fault=False)
        return self.dialect.read(self.calls.post(call.url, call.body, call.content_type, call.headers), chosen)


@dataclass(slots=True, kw_only=True)
class ApiProviderWithLog(ApiProvider):
    """One whose log can be asked what became of a batch."""

    dialect: Dialect
    log: Log

    def look_up(self, batch: Batch) -> Sequence[Outcome] | None:
        """Who of a batch in doubt is in the log; None while nobody is.

        Those of a divided batch who are not found are ``UNCERTAIN``: entries reach a log late.
        """
        everyone = tuple(addressees(batch))
        found = self.log.found(self.calls, batch, everyone)
        if not found:
            return None
        missing = f"The log of {self.name} does not show this delivery (yet)."
        outcomes = {one.place: found.get(one.place) or uncertain(one.recipient, missing) for one in everyone}
        return in_order(batch, {**refusals(batch, everyone), **outcomes}, rest="")
