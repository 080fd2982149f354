"""Amazon SES, version 2: one template and up to 50 entries a call, each with an answer of its own inside a 200.

SES knows no idempotency keys and has no log that could be asked: after a lost answer the batch is in doubt.
It gives messages a Message-ID of its own.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import mailbox, parse_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProvider, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.handlebars import literal, template_data, variable
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.merging import merged
from pipeline.deliver.providers.personal import not_ascii, personal_headers
from pipeline.deliver.providers.recipients import accepted, deferred, rejected, uncertain
from pipeline.deliver.providers.signing import Signature
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, ProviderUnavailable

_MOST_RECIPIENTS = 50
_LARGEST_CALL = 10_000_000
_MOST_HEADERS = 15
_LONGEST_HEADER = 995
_LATER = frozenset({"ACCOUNT_THROTTLED", "ACCOUNT_DAILY_QUOTA_EXCEEDED", "TRANSIENT_FAILURE"})
_STOPPED = frozenset(
    {
        "ACCOUNT_SENDING_PAUSED",
        "ACCOUNT_SUSPENDED",
        "CONFIGURATION_SET_NOT_FOUND",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "INVALID_SENDING_POOL_NAME",
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "TEMPLATE_NOT_FOUND",
    }
)
_BAD_ADDRESS = re.compile(r"address|domain|local part|recipient", re.IGNORECASE)
_A_WHILE = timedelta(hours=1)  # the daily quota counts the last 24 hours, so some of it comes back all the time


def ses(  # noqa: PLR0913 -- what a user may set
    name: str,
    api_key: str,
    *,
    access_key: str,
    region: str,
    base_url: str | None = None,
    session_token: str | None = None,
    configuration_set: str | None = None,
    timeout: timedelta,
    max_batch: int | None = None,
) -> ApiProvider:
    """The provider; ``access_key`` is the key's id and ``api_key`` its secret.

    ``base_url`` is that of the region where it is None.  ``session_token`` belongs to temporary credentials.
    """
    where = f"providers.{name}"
    dialect = SesDialect(
        base_url=(base_url or f"https://email.{region}.amazonaws.com").rstrip("/"),
        configuration_set=configuration_set,
        reader=Reader(
            label="Amazon SES",
            where=where,
            key_hint="the access key, its secret, the region, the rights of its user (ses:SendBulkEmail), and this "
            "machine's clock",
        ),
        capabilities=Capabilities(
            shape=Shape.VARIABLES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=6 * timeout,
            own_message_id=False,
        ),
    )
    signature = Signature(key_id=access_key, secret=api_key, region=region, service="ses", session_token=session_token)
    calls = HttpCalls(where=where, timeout=timeout, auth=signature)
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesDialect:
    """SES's way of writing a batch down and of answering."""

    base_url: str
    configuration_set: str | None
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        content = merged(message, variable, literal)
        document: dict[str, object] = {
            "FromEmailAddress": _mailbox(*parse_mailbox(message.from_)),
            "DefaultContent": {
                "Template": {
                    "TemplateContent": {"Subject": content.subject, "Html": content.html, "Text": content.text},
                    "TemplateData": "{}",
                }
            },
            "BulkEmailEntries": [
                {
                    "Destination": {"ToAddresses": [_mailbox(one.recipient.name, one.address)]},
                    "ReplacementEmailContent": {
                        "ReplacementTemplate": {
                            "ReplacementTemplateData": json.dumps(template_data(content.values(one.recipient)))
                        }
                    },
                    "ReplacementHeaders": self._headers(message, one),
                    "ReplacementTags": [{"Name": "subscriber", "Value": str(one.recipient.subscriber)}],
                }
                for one in chosen
            ],
            "DefaultEmailTags": [
                {"Name": "batch", "Value": str(batch.id)},
                {"Name": "issue", "Value": str(batch.issue_uid)},
            ],
        }
        if message.reply_to:
            document["ReplyToAddresses"] = [_mailbox(*parse_mailbox(message.reply_to))]
        if self.configuration_set:
            document["ConfigurationSetName"] = self.configuration_set
        return Call.of_json(f"{self.base_url}/v2/email/outbound-bulk-emails", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status != HTTPStatus.OK:
            if "Throttling" in answer.headers.get("x-amzn-ErrorType", ""):  # which comes as a 400
                raise ProviderUnavailable(
                    self.reader.said(answer), where=self.reader.where, retry_after=answer.retry_after
                )
            return self.reader.refused(answer)
        results = answer.document.get("BulkEmailEntryResults")
        if not isinstance(results, list) or len(results) != len(chosen):
            raise self.reader.unreadable(answer)
        entries = [entry if isinstance(entry, dict) else {} for entry in results]
        states = {str(entry.get("Status")) for entry in entries}
        said = f"Amazon SES answers {_said(entries[0])}"
        # The same for everybody: then it is not about anybody, and nothing is accepted.
        if states <= _LATER:
            wait = _A_WHILE if "ACCOUNT_DAILY_QUOTA_EXCEEDED" in states else None
            raise ProviderUnavailable(said, where=self.reader.where, retry_after=wait)
        if states <= _STOPPED or (states == {"MESSAGE_REJECTED"} and len(chosen) > 1):
            mend = "Check the sender's identity, the configuration set, and the account at Amazon SES."
            raise ProviderRejected(f"{said}.", where=self.reader.where, mend=mend)
        return [_outcome(one, entry) for one, entry in zip(chosen, entries, strict=True)]

    def _headers(self, message: Message, one: Addressee) -> list[dict[str, str]]:
        headers = personal_headers(message, one.recipient)
        what = ""
        if unsafe := not_ascii(headers):
            what = f"Amazon SES takes only ASCII in the header {unsafe}."
        elif len(headers) > _MOST_HEADERS:
            what = f"Amazon SES takes {_MOST_HEADERS} additional headers, and the message has {len(headers)}."
        elif long := [name for name, value in headers.items() if len(value) > _LONGEST_HEADER]:
            what = f"The header {long[0]} is longer than the {_LONGEST_HEADER} characters that Amazon SES takes."
        if what:
            raise ProviderRejected(what, where=self.reader.where)
        return [{"Name": name, "Value": value} for name, value in headers.items()]


def _outcome(one: Addressee, entry: Mapping[str, object]) -> Outcome:
    state, said = entry.get("Status"), f"Amazon SES answers {_said(entry)}"
    if state == "SUCCESS":
        return accepted(one.recipient, str(entry.get("MessageId") or "") or None)
    if state is None:
        return uncertain(one.recipient, "Amazon SES's answer for this recipient can't be understood.")
    if state in _LATER or state in _STOPPED:
        # What stops the account in the middle of a call stops the next call as a whole, which then says so.
        return deferred(one.recipient, said)
    at_fault = state in ("INVALID_PARAMETER", "FAILED") and _BAD_ADDRESS.search(str(entry.get("Error", "")))
    return rejected(one.recipient, said, address_fault=bool(at_fault))


def _said(entry: Mapping[str, object]) -> str:
    words = str(entry.get("Error") or "")[:200].rstrip(". ")
    return f"{entry.get('Status')}: {words}" if words else str(entry.get("Status"))


def _mailbox(name: str, address: str) -> str:
    """SES takes ASCII: names beyond it as encoded words, on one line."""
    return mailbox(name, address).replace("\r\n", "")
