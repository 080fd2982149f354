"""Resend's batch API: up to 100 whole messages a call, all of them accepted or none, with an idempotency key.

The key is kept for 24 hours: within them a batch in doubt is submitted again, and accepted once.
https://resend.com/docs/api-reference/emails/send-batch-emails
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import parse_mailbox, readable_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProvider, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.personal import personal_headers, personal_subject
from pipeline.deliver.providers.recipients import accepted
from pipeline.deliver.providers.written import written_html, written_text
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain

BASE_URL = "https://api.resend.com"
_MOST_RECIPIENTS = 100
_LARGEST_CALL = 40_000_000
# An hour less than promised: our clocks may differ, and the call itself takes time.
_KEY_LIFE = timedelta(hours=23)
_QUOTA = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})
_A_DAY = timedelta(hours=24)
# "Invalid `to` field …" may name the message by its place: [3].to or "index 3".
_BAD_RECIPIENT = re.compile(r"`?\bto\b`? field|recipient", re.IGNORECASE)
_PLACE = re.compile(r"\[(\d{1,3})\]|\bindex (\d{1,3})", re.IGNORECASE)
_NO_TAG = re.compile(r"[^A-Za-z0-9_-]")


def resend(
    name: str, api_key: str, *, base_url: str = BASE_URL, timeout: timedelta, max_batch: int | None = None
) -> ApiProvider:
    """The provider, for a key that may send."""
    where = f"providers.{name}"
    reader = Reader(label="Resend", where=where, key_hint="the API key")
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": f"Bearer {api_key}"})
    capabilities = Capabilities(
        shape=Shape.MESSAGES,
        max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
        key_life=_KEY_LIFE,
        call_timeout=6 * timeout,
    )
    dialect = ResendDialect(base_url=base_url.rstrip("/"), capabilities=capabilities, reader=reader)
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendDialect:
    """Resend's way of writing a batch down and of answering."""

    base_url: str
    capabilities: Capabilities
    reader: Reader
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:
        messages = (self._message(batch, message, one) for one in chosen)
        key = str(uuid.uuid5(batch.id, part)) if part else str(batch.id)
        return Call.of_each(f"{self.base_url}/emails/batch", messages, {"Idempotency-Key": key})

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status == HTTPStatus.OK:
            return self._accepted(answer, chosen)
        name = str(answer.document.get("name", ""))
        said = self.reader.said(answer)
        if answer.status == HTTPStatus.CONFLICT:
            if name == "concurrent_idempotent_requests":
                raise SubmissionUncertain(f"{said}: the same batch is being taken.", where=self.reader.where)
            what = f"{said}: the key was used for another content."
            raise ProviderRejected(what, where=self.reader.where, mend="Decide with `rundbrief issues resolve`.")
        if name in _QUOTA:
            raise ProviderUnavailable(said, where=self.reader.where, retry_after=answer.retry_after or _A_DAY)
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY) and _BAD_RECIPIENT.search(
            answer.message
        ):
            return Divisible(said, address_fault=True, culprits=_culprits(answer.message, len(chosen)))
        return self.reader.refused(answer)

    def _message(self, batch: Batch, message: Message, one: Addressee) -> dict[str, object]:
        document: dict[str, object] = {
            "from": readable_mailbox(*parse_mailbox(message.from_)),
            "to": [readable_mailbox(one.recipient.name, one.address)],
            "subject": personal_subject(message, one.recipient),
            "html": written_html(message, one.recipient),
            "text": written_text(message, one.recipient),
            "headers": {**personal_headers(message, one.recipient), "Message-ID": f"<{one.message_id}>"},
            "tags": [
                {"name": "batch", "value": str(batch.id)},
                {"name": "newsletter", "value": _NO_TAG.sub("_", batch.newsletter)[:256]},
            ],
        }
        if message.reply_to:
            document["reply_to"] = readable_mailbox(*parse_mailbox(message.reply_to))
        return document

    def _accepted(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome]:
        data = answer.document.get("data")
        ids = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
        if len(ids) != len(chosen):
            raise self.reader.unreadable(answer)
        return [accepted(one.recipient, str(id_) if id_ else None) for one, id_ in zip(chosen, ids, strict=True)]


def _culprits(words: str, size: int) -> frozenset[int]:
    found = _PLACE.search(words)
    place = int(found[1] or found[2]) if found else size
    return frozenset({place}) if place < size else frozenset()
