"""A provider that owns the list: one push an issue, as a campaign of its own that is made, and then started.

Making one mails nothing, so only the start can be in doubt.  A campaign carries the batch's id: it is looked for before
one is made, and one that was started is never started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Protocol

from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.recipients import accepted, rejected, require_fields
from pipeline.domain.audience import list_address
from pipeline.domain.ledger import Batch, Outcome, Recipient
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, ProviderUnavailable, RenderError, SubmissionUncertain

_CALLS = 6
"""How many calls a push takes at most: look (and its pages), make, fill, start, look again."""


class Campaign(NamedTuple):
    """A campaign at its owner.  ``started`` also once it is over, paused or was called off there."""

    id: str
    started: bool


class ListDialect(Protocol):
    """What one list owner's API is like.  All but `start` and `test` mail nobody; all raise `ProviderError`."""

    def found(self, calls: HttpCalls, batch: Batch) -> Sequence[Campaign]:
        """The campaigns that carry the batch's id."""
        ...

    def made(self, calls: HttpCalls, batch: Batch, message: Message, recipient: Recipient) -> Campaign: ...

    def fill(self, calls: HttpCalls, campaign: Campaign, batch: Batch, message: Message, recipient: Recipient) -> None:
        """Give it its content, where that takes a call of its own."""
        ...

    def start(self, calls: HttpCalls, campaign: Campaign) -> None: ...

    def test(self, calls: HttpCalls, campaign: Campaign, batch: Batch, message: Message, recipient: Recipient) -> None:
        """Mail it to this recipient only."""
        ...


@dataclass(slots=True, kw_only=True)
class ListOwner:
    """See `Provider`.  Its one recipient is the list, at an address that no person has (`list_address`)."""

    name: str
    dialect: ListDialect
    calls: HttpCalls
    timeout: timedelta

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            shape=Shape.MESSAGES,
            max_batch=1,
            # As long as nobody deletes the campaign.
            key_life=timedelta.max,
            call_timeout=3 * _CALLS * self.timeout,
            own_message_id=False,
        )

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        """Push the issue; see `Provider.submit`."""
        require_fields(batch, message, where=f"providers.{self.name}")
        (recipient,) = batch.recipients
        if batch.test:
            campaign = self._prepared(batch, message, recipient)
            self.dialect.test(self.calls, campaign, batch, message, recipient)
            return [accepted(recipient, campaign.id)]
        if recipient.address != list_address(self.name):
            why = f"{self.name} mails the people of its own list; whoever should get this newsletter belongs there."
            return [rejected(recipient, why, address_fault=False)]
        campaign = self._prepared(batch, message, recipient)
        if not campaign.started:
            self._start(batch, campaign)
        return [accepted(recipient, campaign.id)]

    def look_up(self, batch: Batch) -> Sequence[Outcome] | None:
        """Accepted if its campaign was started; None while none was."""
        started = next((one for one in self.dialect.found(self.calls, batch) if one.started), None)
        return [accepted(recipient, started.id) for recipient in batch.recipients] if started else None

    def close(self) -> None:
        self.calls.close()

    def _prepared(self, batch: Batch, message: Message, recipient: Recipient) -> Campaign:
        """The batch's campaign, with its content.  Whatever goes wrong, nobody was mailed."""
        where = f"providers.{self.name}"
        try:
            found = self.dialect.found(self.calls, batch)
            if started := next((one for one in found if one.started), None):
                return started
            campaign = found[0] if found else self.dialect.made(self.calls, batch, message, recipient)
            self.dialect.fill(self.calls, campaign, batch, message, recipient)
        except SubmissionUncertain as error:
            raise ProviderUnavailable(f"{error.what} Nothing was started.", where=where) from error
        except RenderError as error:
            raise ProviderRejected(error.what, where=error.where or where, mend=error.mend) from error
        return campaign

    def _start(self, batch: Batch, campaign: Campaign) -> None:
        try:
            self.dialect.start(self.calls, campaign)
        except ProviderRejected:
            # Also what is under way by an earlier call is refused.
            if not any(one.started for one in self.dialect.found(self.calls, batch)):
                raise


def succeeded(reader: Reader, answer: Answer) -> Answer:
    """The answer, if it is a success.  Raises as `Reader.refused` does, and what can't be divided is refused."""
    if 200 <= answer.status < 300:  # noqa: PLR2004
        return answer
    raise ProviderRejected(reader.refused(answer).reason, where=reader.where, mend="Mail fewer articles an issue.")
