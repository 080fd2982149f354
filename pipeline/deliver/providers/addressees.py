"""Who of a batch can be handed over to an API that takes many recipients a call, and how the others end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.deliver.providers.recipients import not_an_address, rejected, usable_address
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


def addressees(batch: Batch, domain: str = "") -> Iterator[Addressee]:
    """Everyone with a usable address, each address once."""
    seen: set[str] = set()
    name = f"test.{batch.id}" if batch.test else str(batch.issue_uid)
    for index, recipient in enumerate(batch.recipients):
        address = usable_address(recipient)
        if address is None or (key := address.casefold()) in seen:
            continue
        seen.add(key)
        yield Addressee(index, recipient, address, f"{name}.{recipient.subscriber}@{domain}")


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
