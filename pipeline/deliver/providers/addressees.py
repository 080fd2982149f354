"""Who of a batch can be handed over to an API that takes many recipients a call, and how the others end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from pipeline.deliver.addresses import are_plain_addresses
from pipeline.deliver.providers.recipients import LONGEST_ADDRESS, not_an_address, rejected, usable_address
from pipeline.domain.ledger import Batch, Outcome, Recipient


class Addressee(NamedTuple):
    """A recipient that can be handed over: ``place`` is theirs in the batch, from 0; ``address`` has an ASCII domain.

    ``message_id`` is the Message-ID without its angle brackets: as in a message that is built here stable for an issue
    and a subscriber, and a test's never hides the real one.
    """

    place: int
    recipient: Recipient
    address: str
    message_id: str


def addressees(batch: Batch, domain: str = "") -> Sequence[Addressee]:
    """Everyone with a usable address, each address once."""
    name = f"test.{batch.id}" if batch.test else str(batch.issue_uid)
    return [
        Addressee(place, recipient, address, f"{name}.{recipient.subscriber}@{domain}")
        for place, recipient, address in _usable(batch.recipients)
    ]


def _usable(recipients: Sequence[Recipient]) -> Iterable[tuple[int, Recipient, str]]:
    addresses = [recipient.address for recipient in recipients]
    if _all_plain_and_different(addresses):
        return zip(count(), recipients, addresses, strict=False)
    usable: dict[str, tuple[int, Recipient, str]] = {}
    for place, recipient in enumerate(recipients):
        if (address := usable_address(recipient)) is not None:
            usable.setdefault(address.casefold(), (place, recipient, address))
    return usable.values()


def _all_plain_and_different(addresses: Sequence[str]) -> bool:
    """Whether nothing is to be done for any of these: that is so of most batches, and quickly found out."""
    lines = "\n".join(addresses).lower()
    each = lines.split("\n")
    return (
        len(set(each)) == len(each) == len(addresses)
        and max(map(len, each)) <= LONGEST_ADDRESS
        and are_plain_addresses(lines)
    )


def refusals(batch: Batch, everyone: Sequence[Addressee]) -> Mapping[int, Outcome]:
    """The outcomes of those who can't be handed over at all, by their place in the batch."""
    handed = {one.place for one in everyone}
    return {
        index: not_an_address(recipient)
        if usable_address(recipient) is None
        else rejected(recipient, "Another recipient of this batch has the same address.", address_fault=False)
        for index, recipient in enumerate(batch.recipients)
        if index not in handed
    }
