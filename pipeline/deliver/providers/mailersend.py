"""MailerSend's bulk API: up to 500 whole messages a call.

A call is accepted before its messages are looked at; what it found wrong is asked for once, right after.
Headers of one's own take a plan that has them: without it newsletters can't go by MailerSend.
MailerSend knows no idempotency keys: after a lost answer the batch is in doubt.  It gives messages a Message-ID of
its own.
https://developers.mailersend.com/api/v1/email.html#send-bulk-emails
"""

from __future__ import annotations

import json
import re
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
from pipeline.deliver.providers.personal import Personal, person, personal
from pipeline.deliver.providers.recipients import accepted, rejected
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderError

BASE_URL = "https://api.mailersend.com/v1"
NO_HEADERS = (
    "MailerSend takes headers of our own, of which the one-click unsubscribe (RFC 8058) is one, only with a plan that "
    "has custom headers."
)
_MOST_RECIPIENTS = 500
_LARGEST_CALL = 40_000_000
_WAY_OUT = "List-Unsubscribe"
_PLACE = re.compile(r"(?:message\.)?(\d+)(?:\.|$)")
# What MailerSend's personalization would read in an article: {{ name }}, {% if %}, {# note #}, {$name}.
_NOT_OURS = re.compile(r"\{(?=[{%#$])")
_STYLE = re.compile(r"(<style\b.*?</style\s*>)", re.IGNORECASE | re.DOTALL)
_WORD_JOINER = "\u2060"


def mailersend(
    name: str,
    api_key: str,
    *,
    headers: bool = False,
    base_url: str = BASE_URL,
    timeout: timedelta,
    max_batch: int | None = None,
) -> ApiProvider:
    """The provider, for a token that may send.  ``headers``: the account's plan has custom headers."""
    where = f"providers.{name}"
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": f"Bearer {api_key}"})
    dialect = MailerSendDialect(
        base_url=base_url.rstrip("/"),
        calls=calls,
        reader=Reader(label="MailerSend", where=where, key_hint="the API token, its rights, and the account's plan"),
        capabilities=Capabilities(
            shape=Shape.MESSAGES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=9 * timeout,
            own_message_id=False,
            no_one_click="" if headers else NO_HEADERS,
        ),
    )
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailerSendDialect:
    """MailerSend's way of writing a batch down and of answering."""

    base_url: str
    calls: HttpCalls
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        emails = [_email(batch, message, one) for one in chosen]
        return Call.of_json(f"{self.base_url}/bulk-email", emails)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status != HTTPStatus.ACCEPTED:
            if answer.status < 300:  # noqa: PLR2004
                raise self.reader.unreadable(answer)
            return self.reader.refused(answer)
        bulk = answer.document.get("bulk_email_id")
        if not isinstance(bulk, str) or not bulk:
            raise self.reader.unreadable(answer)
        refused = self._refused(bulk, chosen)
        return [refused.get(place) or accepted(one.recipient, f"bulk:{bulk}") for place, one in enumerate(chosen)]

    def _refused(self, bulk: str, chosen: Sequence[Addressee]) -> Mapping[int, Outcome]:
        """Who of an accepted call is known to get nothing, by their place in it.  Nothing that fails here matters."""
        try:
            answer = self.calls.get(f"{self.base_url}/bulk-email/{bulk}")
        except ProviderError:
            return {}
        data = answer.document.get("data")
        if not isinstance(data, dict):
            return {}
        refused: dict[int, Outcome] = {}
        suppressed = json.dumps(data.get("suppressed_recipients") or "", ensure_ascii=False).casefold()
        for place, one in enumerate(chosen):
            if f'"{one.address.casefold()}"' in suppressed:
                what = "MailerSend has this address on its suppression list."
                refused[place] = rejected(one.recipient, what, address_fault=True)
        errors = data.get("validation_errors")
        for key, words in errors.items() if isinstance(errors, dict) else ():
            found = _PLACE.match(str(key))
            if found and (place := int(found[1])) < len(chosen):
                said = one_line(json.dumps(words, ensure_ascii=False))[:200]
                what = f"MailerSend answers {said}"
                refused[place] = rejected(chosen[place].recipient, what, address_fault="to.0" in said + str(key))
        return refused


def _email(batch: Batch, message: Message, one: Addressee) -> dict[str, object]:
    own = personal(message, one.recipient)
    document: dict[str, object] = {
        "from": person(*parse_mailbox(message.from_)),
        "to": [person(one.recipient.name, one.address)],
        "subject": _NOT_OURS.sub("{" + _WORD_JOINER, own.subject),
        "text": _NOT_OURS.sub("{" + _WORD_JOINER, own.text),
        "html": _harmless(own.html),
        "tags": [str(batch.id), str(batch.issue_uid)],
        "settings": {"track_clicks": False, "track_opens": False, "track_content": False},
        "headers": _headers(batch, own, one),
    }
    if way_out := own.headers.get(_WAY_OUT):
        # A field of its own, which takes one address: the first one, which is the one-click address.
        document["list_unsubscribe"] = way_out.partition("<")[2].partition(">")[0]
    if message.reply_to:
        document["reply_to"] = person(*parse_mailbox(message.reply_to))
    return document


def _headers(batch: Batch, own: Personal, one: Addressee) -> list[dict[str, str]]:
    headers = {name: value for name, value in own.headers.items() if name != _WAY_OUT}
    headers["X-Rundbrief"] = f"{batch.id}.{one.recipient.subscriber}"
    return [{"name": name, "value": value} for name, value in headers.items()]


def _harmless(html: str) -> str:
    """In HTML a brace can be a character reference; in a style sheet it can't, but takes a space behind it."""
    if not _NOT_OURS.search(html):
        return html
    pieces = _STYLE.split(html)
    pieces[::2] = [_NOT_OURS.sub("&#123;", piece) for piece in pieces[::2]]
    pieces[1::2] = [_NOT_OURS.sub("{ ", piece) for piece in pieces[1::2]]
    return "".join(pieces)
