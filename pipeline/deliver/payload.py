"""What makes a payload the same: only that may be submitted again under the same key."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from pipeline.deliver.lanes import Lane
from pipeline.domain.ledger import Batch
from pipeline.domain.message import Message


def payload_hash(batch: Batch, message: Message, lane: Lane) -> str:
    """A digest of all that a provider is given, and of where."""
    digest = hashlib.sha256(f"{lane.provider}\0{lane.account}\0{batch.id}\0".encode())
    digest.update(_message_digest(message))
    # Flat, because there are many: recipients of one batch have the same fields, in the same order.
    values: list[str | int] = list(batch.recipients[0].fields) if batch.recipients else []
    for subscriber, address, name, fields in batch.recipients:
        values += (subscriber, address, name, *fields.values())
    digest.update(json.dumps(values).encode())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _message_digest(message: Message) -> bytes:
    """A message is most of a payload, and the same for every batch of its variant."""
    return hashlib.sha256(repr(message).encode("utf-8", "surrogatepass")).digest()
