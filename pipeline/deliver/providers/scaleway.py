"""Scaleway's Transactional Email: one message a call.

Scaleway knows no idempotency keys, and its log can't be asked for what we called a message: after a lost answer that
one delivery is in doubt.  It gives messages a Message-ID of its own.
https://www.scaleway.com/en/developers/api/transactional-email/
"""

from __future__ import annotations

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
from pipeline.deliver.providers.personal import person, personal
from pipeline.deliver.providers.recipients import accepted
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderUnavailable

BASE_URL = "https://api.scaleway.com"
_LARGEST_CALL = 2_000_000
_A_WHILE = timedelta(hours=1)


def scaleway(
    name: str,
    api_key: str,
    *,
    project_id: str,
    region: str = "fr-par",
    base_url: str = BASE_URL,
    timeout: timedelta,
) -> ApiProvider:
    """The provider; ``api_key`` is the secret of a key of IAM, ``project_id`` the project that has the domain."""
    where = f"providers.{name}"
    dialect = ScalewayDialect(
        url=f"{base_url.rstrip('/')}/transactional-email/v1alpha1/regions/{region}/emails",
        project_id=project_id,
        reader=Reader(label="Scaleway", where=where, key_hint="the secret key, its rights, and the project's id"),
        capabilities=Capabilities(shape=Shape.MESSAGES, max_batch=1, call_timeout=6 * timeout, own_message_id=False),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"X-Auth-Token": api_key})
    return ApiProvider(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalewayDialect:
    """Scaleway's way of writing a message down and of answering."""

    url: str
    project_id: str
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        (one,) = chosen
        own = personal(message, one.recipient)
        headers = {**own.headers, "X-Rundbrief": f"{batch.id}.{one.recipient.subscriber}"}
        if message.reply_to:
            headers["Reply-To"] = readable_mailbox(*parse_mailbox(message.reply_to))
        document = {
            "from": person(*parse_mailbox(message.from_)),
            "to": [person(one.recipient.name, one.address)],
            "subject": own.subject,
            "text": own.text,
            "html": own.html,
            "project_id": self.project_id,
            "additional_headers": [{"key": name, "value": value} for name, value in headers.items()],
        }
        return Call.of_json(self.url, document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        (one,) = chosen
        kind = answer.document.get("type")
        if kind == "quotas_exceeded":  # which comes as a 403
            raise ProviderUnavailable(
                self.reader.said(answer), where=self.reader.where, retry_after=answer.retry_after or _A_WHILE
            )
        if kind == "invalid_arguments" and "to" in _arguments(answer):
            return Divisible(self.reader.said(answer), address_fault=True)
        if answer.status != HTTPStatus.OK:
            return self.reader.refused(answer)
        emails = answer.document.get("emails")
        if not isinstance(emails, list) or len(emails) != 1 or not isinstance(emails[0], dict):
            raise self.reader.unreadable(answer)
        return [accepted(one.recipient, str(emails[0].get("id") or "") or None)]


def _arguments(answer: Answer) -> set[str]:
    """The arguments that Scaleway finds fault with: ``to`` for ``to[0].email`` or ``to.0.email`` too."""
    details = answer.document.get("details")
    names = [
        str(detail.get("argument_name", ""))
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    ]
    return {name.partition("[")[0].partition(".")[0] for name in names}
