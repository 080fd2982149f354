"""Brevo's transactional API: one content and a version per recipient, with an idempotency key.

The key is kept for half an hour: within it a batch in doubt is submitted again, and accepted once.
https://developers.brevo.com/docs/batch-send-transactional-emails
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
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
from pipeline.deliver.providers.personal import not_ascii, personal
from pipeline.deliver.providers.recipients import accepted
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected

BASE_URL = "https://api.brevo.com"
_MOST_RECIPIENTS = 1000
# Documented are a million bytes of parameters; whole contents per version count as such, so calls stay below it.
_LARGEST_CALL = 4_000_000
# Older documents say a quarter of an hour; a call that was begun in it may end outside.
_KEY_LIFE = timedelta(minutes=14)
_LONGEST_NAME = 70
_BAD_RECIPIENT = re.compile(r"email is not valid in to|invalid email address|to is not valid", re.IGNORECASE)
_PLACE = re.compile(r"messageVersions\[(\d+)\]|version (?:at )?index (\d+)", re.IGNORECASE)


def brevo(
    name: str, api_key: str, *, base_url: str = BASE_URL, timeout: timedelta, max_batch: int | None = None
) -> ApiProvider:
    """The provider, for an API key of version 3."""
    where = f"providers.{name}"
    dialect = BrevoDialect(
        base_url=base_url.rstrip("/").removesuffix("/v3"),
        reader=Reader(
            label="Brevo", where=where, key_hint="the API key (of version 3), and the addresses it may be used from"
        ),
        capabilities=Capabilities(
            shape=Shape.MESSAGES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            key_life=_KEY_LIFE,
            call_timeout=6 * timeout,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"api-key": api_key})
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrevoDialect:
    """Brevo's way of writing a batch down and of answering.

    Versions carry their content whole: Brevo's own parameters are a template language, which would read our articles
    too.
    """

    base_url: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:
        sender_name, sender = parse_mailbox(message.from_)
        versions = [self._version(message, one) for one in chosen]
        key = str(uuid.uuid5(batch.id, part)) if part else str(batch.id)
        document: dict[str, object] = {
            "sender": _person(sender_name, sender),
            "subject": versions[0]["subject"],
            "htmlContent": versions[0]["htmlContent"],
            "textContent": versions[0]["textContent"],
            "headers": {"idempotencyKey": key},
            "tags": [str(batch.id), one_line(batch.newsletter)],
            "messageVersions": versions,
        }
        if message.reply_to:
            document["replyTo"] = _person(*parse_mailbox(message.reply_to))
        return Call.of_json(f"{self.base_url}/v3/smtp/email", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
            return self._accepted(answer, chosen)
        if answer.status < 300:  # noqa: PLR2004
            raise self.reader.unreadable(answer)
        if answer.status == HTTPStatus.BAD_REQUEST and _BAD_RECIPIENT.search(answer.message):
            return Divisible(self.reader.said(answer), address_fault=True, culprits=_culprits(answer, len(chosen)))
        return self.reader.refused(answer, wait=_reset(answer))

    def _version(self, message: Message, one: Addressee) -> dict[str, object]:
        own = personal(message, one.recipient)
        headers = {**own.headers, "Message-ID": f"<{one.message_id}>"}
        if unsafe := not_ascii(headers):
            what = f"Brevo takes only ASCII in the header {unsafe}."
            raise ProviderRejected(what, where=self.reader.where, mend="Write the newsletter's title without umlauts.")
        return {
            "to": [_person(one.recipient.name, one.address)],
            "subject": own.subject,
            "htmlContent": own.html,
            "textContent": own.text,
            "headers": headers,
        }

    def _accepted(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome]:
        ids = answer.document.get("messageIds") or [answer.document.get("messageId")]
        if not isinstance(ids, list) or not all(isinstance(id_, str) and id_ for id_ in ids):
            raise self.reader.unreadable(answer)
        if len(ids) != len(chosen):
            return [accepted(one.recipient) for one in chosen]
        return [accepted(one.recipient, id_.strip("<>")) for one, id_ in zip(chosen, ids, strict=True)]


def _person(name: str, address: str) -> dict[str, str]:
    name = one_line(name)[:_LONGEST_NAME]
    return {"email": address, "name": name} if name else {"email": address}


def _culprits(answer: Answer, size: int) -> frozenset[int]:
    found = _PLACE.search(answer.message)
    place = int(found[1] or found[2]) if found else size
    return frozenset({place}) if place < size else frozenset()


def _reset(answer: Answer) -> timedelta | None:
    """How many seconds until the window of the rate limit ends, by Brevo's own header."""
    seconds = answer.headers.get("x-sib-ratelimit-reset", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None
