"""Postmark's batch API: up to 500 whole messages a call, each with an answer of its own inside a 200.

Postmark knows no idempotency keys, but its log can be asked by tag for 45 days: a batch in doubt is looked up there.
https://postmarkapp.com/developer/api/email-api#send-batch-emails
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import parse_mailbox, readable_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProviderWithLog, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.personal import personal_headers, personal_subject
from pipeline.deliver.providers.recipients import accepted, deferred, rejected, uncertain
from pipeline.deliver.providers.written import written_html, written_text
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderError, ProviderRejected, ProviderUnavailable

BASE_URL = "https://api.postmarkapp.com"
_MOST_RECIPIENTS = 500
_LARGEST_CALL = 50_000_000
_PAGE = 500
_MOST_PAGES = 20
_OK = 0
_INACTIVE = 406
_INVALID = 300
_LATER = frozenset({100, 429})  # maintenance, too fast
# The whole account or its sender is the cause: every other batch would be refused too.
_STOPPED = frozenset({10, 400, 401, 405, 412, 413, 1235})


def postmark(
    name: str,
    api_key: str,
    *,
    base_url: str = BASE_URL,
    stream: str = "broadcast",
    timeout: timedelta,
    max_batch: int | None = None,
) -> ApiProviderWithLog:
    """The provider; ``api_key`` is a server's token.  ``stream`` is the message stream that newsletters go by."""
    where = f"providers.{name}"
    reader = Reader(label="Postmark", where=where, key_hint="the server token")
    dialect = PostmarkDialect(
        base_url=base_url.rstrip("/"),
        stream=stream,
        reader=reader,
        capabilities=Capabilities(
            shape=Shape.MESSAGES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=6 * timeout,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"X-Postmark-Server-Token": api_key})
    return ApiProviderWithLog(name=name, dialect=dialect, log=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmarkDialect:
    """Postmark's way of writing a batch down, of answering, and of showing its log."""

    base_url: str
    stream: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        messages = (self._message(batch, message, one) for one in chosen)
        return Call.of_each(f"{self.base_url}/email/batch", messages)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status != HTTPStatus.OK:
            code = answer.document.get("ErrorCode")
            if code in _STOPPED:
                raise self._stopped(self.reader.said(answer))
            return self.reader.refused(answer)
        items = answer.json
        if not isinstance(items, list) or len(items) != len(chosen):
            raise self.reader.unreadable(answer)
        answers = [item if isinstance(item, dict) else {} for item in items]
        codes = {item.get("ErrorCode") for item in answers}
        # The same for everybody: then it is not about anybody, and nothing is accepted.
        if len(codes) == 1 and not codes <= {_OK, _INACTIVE, _INVALID}:
            (code,) = codes
            said = f"Postmark answers {code}: {answers[0].get('Message', '')}".rstrip(". ")
            if code in _LATER:
                raise ProviderUnavailable(said, where=self.reader.where, retry_after=answer.retry_after)
            raise self._stopped(said)
        return [self._outcome(one, item) for one, item in zip(chosen, answers, strict=True)]

    def found(self, calls: HttpCalls, batch: Batch, everyone: Sequence[Addressee]) -> Mapping[int, Outcome]:
        by_address = {one.address.casefold(): one for one in everyone}
        found: dict[int, Outcome] = {}
        for entry in self._entries(calls, batch):
            to_whom = entry.get("To")
            for to in to_whom if isinstance(to_whom, list) else ():
                one = by_address.get(str(to.get("Email", "")).casefold()) if isinstance(to, dict) else None
                if one is not None:
                    found[one.place] = accepted(one.recipient, str(entry.get("MessageID") or "") or None)
        return found

    def _message(self, batch: Batch, message: Message, one: Addressee) -> dict[str, object]:
        headers = {
            **personal_headers(message, one.recipient),
            "Message-ID": f"<{one.message_id}>",
            "X-PM-KeepID": "true",
        }
        document: dict[str, object] = {
            "From": readable_mailbox(*parse_mailbox(message.from_)),
            "To": readable_mailbox(one.recipient.name, one.address),
            "Subject": personal_subject(message, one.recipient),
            "HtmlBody": written_html(message, one.recipient),
            "TextBody": written_text(message, one.recipient),
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            "MessageStream": self.stream,
            "Tag": str(batch.id),
            "Metadata": {"issue": str(batch.issue_uid), "subscriber": str(one.recipient.subscriber)},
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if message.reply_to:
            document["ReplyTo"] = readable_mailbox(*parse_mailbox(message.reply_to))
        return document

    def _outcome(self, one: Addressee, item: Mapping[str, object]) -> Outcome:
        code, words = item.get("ErrorCode"), str(item.get("Message", ""))[:200]
        if code == _OK:
            return accepted(one.recipient, str(item.get("MessageID") or "") or None)
        if code in (_INACTIVE, _INVALID):
            return rejected(one.recipient, f"Postmark answers {code}: {words}", address_fault=True)
        if code is None:
            return uncertain(one.recipient, "Postmark's answer for this recipient can't be understood.")
        if code in _LATER:
            return deferred(one.recipient, f"Postmark answers {code}: {words}")
        return rejected(one.recipient, f"Postmark answers {code}: {words}", address_fault=False)

    def _stopped(self, said: str) -> ProviderRejected:
        mend = "Check the server token, the sender's signature, and the account at Postmark."
        return ProviderRejected(f"{said}.", where=self.reader.where, mend=mend)

    def _entries(self, calls: HttpCalls, batch: Batch) -> Iterator[Mapping[str, object]]:
        for page in range(_MOST_PAGES):
            parameters = {
                "tag": str(batch.id),
                "messagestream": self.stream,
                "count": str(_PAGE),
                "offset": str(page * _PAGE),
            }
            try:
                answer = calls.get(f"{self.base_url}/messages/outbound", parameters)
            except ProviderRejected:
                raise
            except ProviderError:
                return
            if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                self.reader.refused(answer)
            messages = answer.document.get("Messages")
            if answer.status != HTTPStatus.OK or not isinstance(messages, list) or not messages:
                return
            yield from (entry for entry in messages if isinstance(entry, dict))
