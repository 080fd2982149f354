"""Mandrill (Mailchimp Transactional): one message a call.

Its batches can't give each recipient headers of their own, so List-Unsubscribe takes a call for each of them.
Mandrill knows no idempotency keys: after a lost answer that one delivery is in doubt.
https://mailchimp.com/developer/transactional/api/messages/send-new-message/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from pipeline.errors import ProviderRejected, ProviderUnavailable

BASE_URL = "https://mandrillapp.com/api/1.0"
_LARGEST_CALL = 25_000_000
_TAKEN = frozenset({"sent", "queued", "scheduled"})
_OF_THE_ACCOUNT = frozenset({"invalid-sender", "test-mode-limit", "unsigned"})
# Mandrill answers its errors with 500 too; these have surely accepted nothing.
_REFUSALS = frozenset({"Invalid_Key", "PaymentRequired", "Unknown_Subaccount", "ValidationError"})


def mandrill(name: str, api_key: str, *, base_url: str = BASE_URL, timeout: timedelta) -> ApiProvider:
    """The provider, for an API key."""
    where = f"providers.{name}"
    dialect = MandrillDialect(
        base_url=base_url.rstrip("/"),
        api_key=api_key,
        reader=Reader(label="Mandrill", where=where, key_hint="the API key"),
        capabilities=Capabilities(shape=Shape.MESSAGES, max_batch=1, call_timeout=6 * timeout),
    )
    return ApiProvider(name=name, dialect=dialect, calls=HttpCalls(where=where, timeout=timeout), timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandrillDialect:
    """Mandrill's way of writing a message down and of answering.  The key stands in the body."""

    base_url: str
    api_key: str = field(repr=False)
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        (one,) = chosen
        own = personal(message, one.recipient)
        sender_name, sender = parse_mailbox(message.from_)
        headers = {**own.headers, "Message-ID": f"<{one.message_id}>"}
        if message.reply_to:
            headers["Reply-To"] = readable_mailbox(*parse_mailbox(message.reply_to))
        document: dict[str, object] = {
            "key": self.api_key,
            "message": {
                "from_email": sender,
                "from_name": one_line(sender_name),
                "to": [{"email": one.address, "name": one_line(one.recipient.name), "type": "to"}],
                "subject": own.subject,
                "html": own.html,
                "text": own.text,
                "headers": headers,
                # Our articles are no templates.
                "merge": False,
                "auto_html": False,
                "auto_text": False,
                "inline_css": False,
                "track_opens": False,
                "track_clicks": False,
                "metadata": {
                    "batch": str(batch.id),
                    "issue": str(batch.issue_uid),
                    "subscriber": str(one.recipient.subscriber),
                },
            },
            "async": False,
        }
        return Call.of_json(f"{self.base_url}/messages/send.json", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        (one,) = chosen
        if answer.status != HTTPStatus.OK:
            return self._refused(answer)
        entries = answer.json
        if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
            raise self.reader.unreadable(answer)
        return [self._outcome(one, entries[0])]

    def _outcome(self, one: Addressee, entry: Mapping[str, object]) -> Outcome:
        status, reason = str(entry.get("status")), str(entry.get("reject_reason") or "")
        said = f"Mandrill answers {status}{f': {reason}' if reason else ''}"
        if status in _TAKEN:
            return accepted(one.recipient, str(entry.get("_id") or "") or None)
        if reason in _OF_THE_ACCOUNT:
            mend = "Check the sender's domain and the account at Mandrill."
            raise ProviderRejected(f"{said}.", where=self.reader.where, mend=mend)
        if status in ("rejected", "invalid"):
            return rejected(one.recipient, said, address_fault=reason != "rule")
        return uncertain(one.recipient, said)

    def _refused(self, answer: Answer) -> Divisible:
        name = str(answer.document.get("name", ""))
        said = self.reader.said(answer)
        if name == "ValidationError" and '"to"' in answer.message:
            return Divisible(said, address_fault=True)
        if name in _REFUSALS:
            mend = f"Check {self.reader.key_hint}." if name == "Invalid_Key" else "Mend what it names, then run again."
            raise ProviderRejected(f"{said}.", where=self.reader.where, mend=mend)
        if name == "ServiceUnavailable":
            raise ProviderUnavailable(said, where=self.reader.where, retry_after=answer.retry_after)
        return self.reader.refused(answer)
