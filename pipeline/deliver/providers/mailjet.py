"""Mailjet's Send API, version 3.1: up to 50 whole messages a call, each with an answer of its own.

An issue is a campaign there, with Mailjet's own guard against duplicates: it sends a campaign to an address once,
however often it is handed over.  That serves as a key, and a batch in doubt is submitted again.
https://dev.mailjet.com/email/guides/send-api-v31/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import one_line, parse_mailbox
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
from pipeline.errors import ProviderRejected

BASE_URL = "https://api.mailjet.com"
_MOST_RECIPIENTS = 50
_LARGEST_CALL = 15_000_000
# How long a campaign is remembered is not said anywhere; a doubt is resolved within minutes, or by a person.
_KEY_LIFE = timedelta(hours=24)


def mailjet(
    name: str,
    api_key: str,
    *,
    secret_key: str,
    base_url: str = BASE_URL,
    timeout: timedelta,
    max_batch: int | None = None,
) -> ApiProvider:
    """The provider, for the two keys that Mailjet gives: the public one and the private one."""
    where = f"providers.{name}"
    dialect = MailjetDialect(
        base_url=base_url.rstrip("/").removesuffix("/v3.1"),
        reader=Reader(label="Mailjet", where=where, key_hint="the API key and the secret key"),
        capabilities=Capabilities(
            shape=Shape.MESSAGES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            key_life=_KEY_LIFE,
            call_timeout=6 * timeout,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, auth=(api_key, secret_key))
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailjetDialect:
    """Mailjet's way of writing a batch down and of answering."""

    base_url: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        shared: dict[str, object] = {
            "From": _person(*parse_mailbox(message.from_)),
            "TrackOpens": "disabled",
            "TrackClicks": "disabled",
            "CustomCampaign": f"test {batch.id}" if batch.test else str(batch.issue_uid),
            "DeduplicateCampaign": True,
        }
        if message.reply_to:
            shared["ReplyTo"] = _person(*parse_mailbox(message.reply_to))
        messages = [self._message(batch, message, one) for one in chosen]
        return Call.of_json(f"{self.base_url}/v3.1/send", {"Globals": shared, "Messages": messages})

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        results = answer.document.get("Messages")
        # A call of which a part is accepted is answered with 400, and with an entry for each message all the same.
        if answer.status not in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST) or (
            answer.status == HTTPStatus.BAD_REQUEST and not isinstance(results, list)
        ):
            return self.reader.refused(answer)
        if not isinstance(results, list) or len(results) != len(chosen):
            raise self.reader.unreadable(answer)
        entries = [entry if isinstance(entry, dict) else {} for entry in results]
        if all(entry.get("Status") == "error" and not _about_address(entry) for entry in entries):
            mend = "Check the sender's address and the account at Mailjet."
            raise ProviderRejected(f"{_said(entries[0])}.", where=self.reader.where, mend=mend)
        return [_outcome(one, entry) for one, entry in zip(chosen, entries, strict=True)]

    def _message(self, batch: Batch, message: Message, one: Addressee) -> dict[str, object]:
        own = personal(message, one.recipient)
        subscriber = str(one.recipient.subscriber)
        return {
            "To": [_person(one.recipient.name, one.address)],
            "Subject": own.subject,
            "TextPart": own.text,
            "HTMLPart": own.html,
            "Headers": {**own.headers, "Message-ID": f"<{one.message_id}>"},
            "CustomID": f"{batch.issue_uid}.{subscriber}",
            "EventPayload": json.dumps({"batch": str(batch.id), "subscriber": subscriber}),
        }


def _outcome(one: Addressee, entry: Mapping[str, object]) -> Outcome:
    if entry.get("Status") == "success":
        to = entry.get("To")
        first = to[0] if isinstance(to, list) and to and isinstance(to[0], dict) else {}
        return accepted(one.recipient, str(first.get("MessageID") or "") or None)
    if entry.get("Status") == "error":
        return rejected(one.recipient, _said(entry), address_fault=_about_address(entry))
    return uncertain(one.recipient, "Mailjet's answer for this recipient can't be understood.")


def _errors(entry: Mapping[str, object]) -> list[Mapping[str, object]]:
    errors = entry.get("Errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _about_address(entry: Mapping[str, object]) -> bool:
    related = [error.get("ErrorRelatedTo") for error in _errors(entry)]
    return any(str(key).startswith("To[") for keys in related if isinstance(keys, list) for key in keys)


def _said(entry: Mapping[str, object]) -> str:
    error = next(iter(_errors(entry)), {})
    words = one_line(str(error.get("ErrorMessage", "")))[:200].rstrip(".")
    return f"Mailjet answers {error.get('ErrorCode', 'an error')}: {words or 'nothing more'}"


def _person(name: str, address: str) -> dict[str, str]:
    name = one_line(name)
    return {"Email": address, "Name": name} if name else {"Email": address}
