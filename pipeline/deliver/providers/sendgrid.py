"""SendGrid's v3 mail API: one content and up to 1,000 personalizations a call, with substitutions.

A call is accepted as a whole (202, an empty body) or refused as a whole, naming the personalization that is wrong.
SendGrid knows no idempotency keys; its log can be asked by category where the account has the Email Activity add-on.
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import one_line, parse_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProvider, ApiProviderWithLog, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.merging import merged
from pipeline.deliver.providers.personal import person
from pipeline.deliver.providers.recipients import accepted
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderError, ProviderRejected

BASE_URL = "https://api.sendgrid.com"
_MOST_RECIPIENTS = 1000
_LARGEST_CALL = 30_000_000
_SUBSTITUTIONS = 10_000  # bytes for one recipient
_PLACE = re.compile(r"personalizations\.(\d+)\.to")
_NO_CATEGORY = re.compile(r"[^\x20-\x7e]")
_LOG_PAGE = 1000


def sendgrid(
    name: str,
    api_key: str,
    *,
    base_url: str = BASE_URL,
    timeout: timedelta,
    max_batch: int | None = None,
    activity: bool = False,
) -> ApiProvider:
    """The provider.  ``activity``: the account has the Email Activity add-on, so that its log can be asked."""
    where = f"providers.{name}"
    dialect = SendGridDialect(
        base_url=base_url.rstrip("/").removesuffix("/v3"),
        reader=Reader(label="SendGrid", where=where, key_hint="the API key: it must be allowed to send mail"),
        capabilities=Capabilities(
            shape=Shape.VARIABLES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=6 * timeout,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": f"Bearer {api_key}"})
    if activity:
        return ApiProviderWithLog(name=name, dialect=dialect, log=dialect, calls=calls, timeout=timeout)
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridDialect:
    """SendGrid's way of writing a batch down, of answering, and of showing its log."""

    base_url: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        content = merged(message, lambda name: f"-{batch.id.hex}.{name}-")
        sender_name, sender = parse_mailbox(message.from_)
        document: dict[str, object] = {
            "personalizations": [
                {
                    "to": [person(one.recipient.name, one.address)],
                    "headers": {"Message-ID": f"<{one.message_id}>"},
                    "substitutions": self._substitutions(batch, one, content.values(one.recipient)),
                    "custom_args": {
                        "batch": str(batch.id),
                        "issue": str(batch.issue_uid),
                        "subscriber": str(one.recipient.subscriber),
                    },
                }
                for one in chosen
            ],
            "from": person(sender_name, sender),
            "subject": content.subject,
            "content": [
                {"type": "text/plain", "value": content.text},
                {"type": "text/html", "value": content.html},
            ],
            "headers": dict(content.headers),
            "categories": [str(batch.id), _NO_CATEGORY.sub("_", one_line(batch.newsletter))[:255]],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }
        if message.reply_to:
            document["reply_to"] = person(*parse_mailbox(message.reply_to))
        return Call.of_json(f"{self.base_url}/v3/mail/send", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status == HTTPStatus.ACCEPTED:
            reference = answer.headers.get("X-Message-Id")
            return [accepted(one.recipient, reference) for one in chosen]
        if answer.status < 300:  # noqa: PLR2004
            # A sandbox answers 200 and delivers nothing; so does a page that is not the API.
            raise self.reader.unreadable(answer)
        if answer.status == HTTPStatus.BAD_REQUEST and (culprits := _culprits(answer, len(chosen))):
            return Divisible(self.reader.said(answer), address_fault=True, culprits=culprits)
        return self.reader.refused(answer, wait=_reset(answer))

    def found(self, calls: HttpCalls, batch: Batch, everyone: Sequence[Addressee]) -> Mapping[int, Outcome]:
        by_address = {one.address.casefold(): one for one in everyone}
        parameters = {"query": f'(Contains(categories,"{batch.id}"))', "limit": str(_LOG_PAGE)}
        try:
            answer = calls.get(f"{self.base_url}/v3/messages", parameters)
        except ProviderRejected:
            raise
        except ProviderError:
            return {}
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.reader.refused(answer)
        messages = answer.document.get("messages")
        found: dict[int, Outcome] = {}
        for entry in messages if isinstance(messages, list) else ():
            if isinstance(entry, dict) and (one := by_address.get(str(entry.get("to_email", "")).casefold())):
                found[one.place] = accepted(one.recipient, str(entry.get("msg_id") or "") or None)
        return found

    def _substitutions(self, batch: Batch, one: Addressee, values: Mapping[str, str]) -> dict[str, str]:
        named = {f"-{batch.id.hex}.{name}-": value for name, value in values.items()}
        if sum(len(name) + len(value.encode("utf-8", "replace")) for name, value in named.items()) > _SUBSTITUTIONS:
            what = f"The values of subscriber {one.recipient.subscriber} are longer than the 10 kB that SendGrid takes."
            raise ProviderRejected(what, where=self.reader.where, mend="Make them shorter.")
        return named


def _culprits(answer: Answer, size: int) -> frozenset[int]:
    errors = answer.document.get("errors")
    fields = (
        [str(error.get("field") or "") for error in errors if isinstance(error, dict)]
        if isinstance(errors, list)
        else []
    )
    places = [int(found[1]) for field in fields if (found := _PLACE.match(field))]
    # Only when every error is about a recipient: anything else would be refused again.
    return frozenset(places) if len(places) == len(fields) and all(place < size for place in places) else frozenset()


def _reset(answer: Answer) -> timedelta | None:
    """The windows of the rate limit are a minute long; X-RateLimit-Reset is a time by another clock than ours."""
    return timedelta(minutes=1) if answer.status == HTTPStatus.TOO_MANY_REQUESTS and not answer.retry_after else None
