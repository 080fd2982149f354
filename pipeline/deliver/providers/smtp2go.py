"""SMTP2GO's batch API: up to 100 whole messages a call, all of them accepted or none.

A call is accepted before the addresses are looked at: what becomes of each is told later, by its webhooks.
SMTP2GO knows no idempotency keys: after a lost answer the batch is in doubt.
https://developers.smtp2go.com/reference/send-email-batch
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import one_line, parse_mailbox, readable_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProvider, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.personal import personal
from pipeline.deliver.providers.recipients import accepted, rejected, uncertain
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message

BASE_URL = "https://api.smtp2go.com/v3"
_MOST_RECIPIENTS = 100
_LARGEST_CALL = 45_000_000
_RECIPIENT = re.compile(r"\b(?:to|recipients?)\b", re.IGNORECASE)


def smtp2go(
    name: str, api_key: str, *, base_url: str = BASE_URL, timeout: timedelta, max_batch: int | None = None
) -> ApiProvider:
    """The provider, for a key that may send."""
    where = f"providers.{name}"
    dialect = Smtp2GoDialect(
        base_url=base_url.rstrip("/"),
        reader=Reader(label="SMTP2GO", where=where, key_hint="the API key, and what it may be used for"),
        capabilities=Capabilities(
            shape=Shape.MESSAGES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=6 * timeout,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"X-Smtp2go-Api-Key": api_key})
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp2GoDialect:
    """SMTP2GO's way of writing a batch down and of answering."""

    base_url: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        emails = [self._email(batch, message, one) for one in chosen]
        return Call.of_json(f"{self.base_url}/email/batch", {"emails": emails})

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        data = answer.document.get("data")
        if answer.status == HTTPStatus.BAD_REQUEST and isinstance(data, dict) and _about_recipient(data):
            return Divisible(self.reader.said(answer), address_fault=True)
        if answer.status != HTTPStatus.OK:
            # 402: the parameters were right, and the account has no more mail to send.
            return self.reader.refused(answer)
        if not isinstance(data, list) or len(data) != len(chosen):
            raise self.reader.unreadable(answer)
        entries = [entry if isinstance(entry, dict) else {} for entry in data]
        return [_outcome(one, entry) for one, entry in zip(chosen, entries, strict=True)]

    def _email(self, batch: Batch, message: Message, one: Addressee) -> dict[str, object]:
        own = personal(message, one.recipient)
        headers = {
            **own.headers,
            "Message-ID": f"<{one.message_id}>",
            "X-Rundbrief": f"{batch.id}.{one.recipient.subscriber}",
        }
        if message.reply_to:
            headers["Reply-To"] = readable_mailbox(*parse_mailbox(message.reply_to))
        return {
            "sender": readable_mailbox(*parse_mailbox(message.from_)),
            "to": [readable_mailbox(one.recipient.name, one.address)],
            "subject": own.subject,
            "html_body": own.html,
            "text_body": own.text,
            "custom_headers": [{"header": name, "value": value} for name, value in headers.items()],
        }


def _outcome(one: Addressee, entry: Mapping[str, object]) -> Outcome:
    if reference := entry.get("email_id"):
        return accepted(one.recipient, str(reference))
    if words := entry.get("error"):
        said = f"SMTP2GO answers {one_line(str(words))[:200]}"
        return rejected(one.recipient, said, address_fault=bool(_RECIPIENT.search(said)))
    return uncertain(one.recipient, "SMTP2GO's answer for this recipient can't be understood.")


def _about_recipient(data: Mapping[str, object]) -> bool:
    errors = data.get("field_validation_errors")
    fields = errors if isinstance(errors, list) else [errors]
    return any(isinstance(field, dict) and _RECIPIENT.search(str(field.get("fieldname", ""))) for field in fields)
