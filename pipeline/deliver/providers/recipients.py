"""What the providers ask of a batch before anything leaves the house, and the outcomes they give."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.deliver.addresses import ascii_address
from pipeline.domain.ledger import Batch, Outcome, OutcomeKind, Recipient
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, RenderError

LONGEST_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3, without its angle brackets.


def require_fields(batch: Batch, message: Message, *, where: str) -> None:
    """Raise `ProviderRejected`, before anything is sent, when a recipient lacks a value for a merge field."""
    wanted = message.fields
    for recipient in batch.recipients:
        if not wanted <= recipient.fields.keys():
            missing = wanted - recipient.fields.keys()
            names = ", ".join(sorted(missing))
            what = f"Subscriber {recipient.subscriber} has no value for the merge field(s) {names}; nothing was sent."
            mend = "Give every recipient a value, if only an empty one, or take the field out of the template."
            raise ProviderRejected(what, where=where, mend=mend)


def usable_address(recipient: Recipient) -> str | None:
    """The recipient's address with its domain in ASCII; None for what can't stand in a header or a command."""
    try:
        address = ascii_address(recipient.address)
    except RenderError:
        return None
    size = len(address) if address.isascii() else len(address.encode())
    return address if size <= LONGEST_ADDRESS else None


def accepted(recipient: Recipient, reference: str | None = None) -> Outcome:
    """``reference`` is the provider's id of the message, where that is not our Message-ID."""
    return Outcome(recipient.subscriber, OutcomeKind.ACCEPTED, "", False, reference)


def rejected(recipient: Recipient, reason: str, *, address_fault: bool) -> Outcome:
    return Outcome(
        subscriber=recipient.subscriber, kind=OutcomeKind.REJECTED, reason=reason, address_fault=address_fault
    )


def deferred(recipient: Recipient, reason: str) -> Outcome:
    return Outcome(subscriber=recipient.subscriber, kind=OutcomeKind.DEFERRED, reason=reason)


def uncertain(recipient: Recipient, reason: str) -> Outcome:
    return Outcome(subscriber=recipient.subscriber, kind=OutcomeKind.UNCERTAIN, reason=reason)


def not_an_address(recipient: Recipient) -> Outcome:
    return rejected(recipient, "This is not an e-mail address.", address_fault=True)


def in_order(batch: Batch, outcomes: Mapping[int, Outcome], *, rest: str) -> tuple[Outcome, ...]:
    """An outcome for every recipient; those without one were not handed over and are ``DEFERRED`` for ``rest``."""
    return tuple(
        outcomes[index] if index in outcomes else deferred(recipient, rest)
        for index, recipient in enumerate(batch.recipients)
    )
