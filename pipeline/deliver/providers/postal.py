"""Postal, the mail server that people run themselves: one finished message a call.

Messages are handed over as they are, so they keep every header.  All answers are 200, with their status inside.
Postal knows no idempotency keys, and can't be asked by tag: after a lost answer that one delivery is in doubt.
https://docs.postalserver.io/developer/api
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver import mime
from pipeline.deliver.addresses import ascii_address, one_line, parse_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProvider, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.recipients import accepted
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected

_LARGEST_CALL = 19_000_000  # Postal's own bound is 14 MB of message, which is a third more in base64


def postal(name: str, api_key: str, *, base_url: str, timeout: timedelta) -> ApiProvider:
    """The provider; ``api_key`` is a credential of the kind API of a server of Postal's at ``base_url``."""
    where = f"providers.{name}"
    dialect = PostalDialect(
        base_url=base_url.rstrip("/"),
        reader=Reader(label="Postal", where=where, key_hint="the server's API credential"),
        capabilities=Capabilities(shape=Shape.MESSAGES, max_batch=1, call_timeout=6 * timeout),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"X-Server-API-Key": api_key})
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalDialect:
    """Postal's way of taking a message and of answering."""

    base_url: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        (one,) = chosen
        # In front and not among the message's headers, which are the same for all batches of a variant.
        content = f"X-Postal-Tag: {batch.id}\r\n".encode() + mime.build(message, one.recipient, batch)
        document = {
            "rcpt_to": [one.address],
            "mail_from": ascii_address(parse_mailbox(message.from_)[1]),
            "data": b64encode(content).decode("ascii"),
        }
        return Call.of_json(f"{self.base_url}/api/v1/send/raw", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        (one,) = chosen
        if answer.status != HTTPStatus.OK:
            return self.reader.refused(answer)
        data = answer.document.get("data")
        details: Mapping[str, object] = data if isinstance(data, dict) else {}
        match answer.document.get("status"):
            case "success" if isinstance(details.get("messages"), dict):
                return [accepted(one.recipient, _reference(details))]
            case "error" | "parameter-error":
                # Only these two: beside them Postal repeats the credential that it was given.
                words = ": ".join(one_line(str(details[key])) for key in ("code", "message") if details.get(key))
                mend = f"Check {self.reader.key_hint}, and that the server may send for the sender's domain."
                raise ProviderRejected(f"Postal answers {words[:200].rstrip('.')}.", where=self.reader.where, mend=mend)
        raise self.reader.unreadable(answer)


def _reference(details: Mapping[str, object]) -> str | None:
    """Postal's id of the message."""
    messages = details["messages"]
    first = next(iter(messages.values()), None) if isinstance(messages, dict) else None
    return str(first["id"]) if isinstance(first, dict) and first.get("id") else None
