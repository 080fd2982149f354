"""Buttondown: an email for its subscribers, found by its metadata.

https://docs.buttondown.com/api-emails-introduction
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.http_calls import HttpCalls
from pipeline.deliver.providers.list_mail import list_mail
from pipeline.deliver.providers.list_owner import Campaign, ListOwner, succeeded
from pipeline.domain.ledger import Batch, Recipient
from pipeline.domain.message import Message

BASE_URL = "https://api.buttondown.com/v1"
_JSON = "application/json"
_OURS = "rundbrief"
_MOST_PAGES = 20
_TAGS = {"unsubscribe_url": "{{ unsubscribe_url }}", "preferences_url": "{{ manage_subscription_url }}"}
# What Buttondown's template language would read in an article, also where a tag of ours follows.
_NOT_OURS = re.compile(r"\{(?=[{%#]|\Z)")
_WORD_JOINER = "\u2060"
# The body is HTML, whatever it looks like.
_MODE = "<!-- buttondown-editor-mode: fancy -->"


def buttondown(name: str, api_key: str, *, base_url: str = BASE_URL, timeout: timedelta) -> ListOwner:
    """The provider, for an API key."""
    where = f"providers.{name}"
    dialect = ButtondownDialect(
        base_url=base_url.rstrip("/"),
        reader=Reader(label="Buttondown", where=where, key_hint="the API key, and that it may read and write emails"),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": f"Token {api_key}"})
    return ListOwner(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtondownDialect:
    """See `ListDialect`."""

    base_url: str
    reader: Reader

    def found(self, calls: HttpCalls, batch: Batch) -> Sequence[Campaign]:
        since = batch.date.astimezone(UTC) - timedelta(days=1)
        found: list[Campaign] = []
        for page in range(1, _MOST_PAGES + 1):
            parameters = {
                "creation_date__start": f"{since:%Y-%m-%d}",
                "excluded_fields": "body",
                "ordering": "creation_date",
                "page": str(page),
            }
            answer = succeeded(self.reader, calls.get(f"{self.base_url}/emails", parameters))
            results = answer.document.get("results")
            if not isinstance(results, list):
                raise self.reader.unreadable(answer)
            found += [_campaign(one) for one in results if isinstance(one, dict) and _is_of(one, batch)]
            if not answer.document.get("next"):
                break
        return found

    def made(self, calls: HttpCalls, batch: Batch, message: Message, recipient: Recipient) -> Campaign:
        mail = list_mail(message, recipient, _TAGS, _in_text, _in_html)
        document = {
            "subject": mail.subject,
            "body": _MODE + mail.html,
            "template": "naked",
            "status": "draft",
            "metadata": {_OURS: str(batch.id)},
        }
        answer = calls.post(
            f"{self.base_url}/emails", json.dumps(document).encode(), _JSON, {"X-Idempotency-Key": str(batch.id)}
        )
        if "id" not in succeeded(self.reader, answer).document:
            raise self.reader.unreadable(answer)
        return _campaign(answer.document)

    def fill(self, calls: HttpCalls, campaign: Campaign, batch: Batch, message: Message, recipient: Recipient) -> None:
        """It has its content since it was made."""

    def start(self, calls: HttpCalls, campaign: Campaign) -> None:
        answer = succeeded(self.reader, calls.post(f"{self.base_url}/emails/{campaign.id}/publish", b"{}", _JSON))
        if not _campaign(answer.document).started:
            raise self.reader.unreadable(answer)

    def test(
        self,
        calls: HttpCalls,
        campaign: Campaign,
        batch: Batch,  # noqa: ARG002
        message: Message,  # noqa: ARG002
        recipient: Recipient,
    ) -> None:
        body = json.dumps({"recipients": [recipient.address]}).encode()
        succeeded(self.reader, calls.post(f"{self.base_url}/emails/{campaign.id}/send-draft", body, _JSON))


def _campaign(data: Mapping[str, object]) -> Campaign:
    return Campaign(str(data.get("id")), data.get("status", "draft") != "draft")


def _is_of(data: Mapping[str, object], batch: Batch) -> bool:
    metadata = data.get("metadata")
    return isinstance(metadata, dict) and metadata.get(_OURS) == str(batch.id) and data.get("status") != "deleted"


def _in_text(text: str) -> str:
    return _NOT_OURS.sub("{" + _WORD_JOINER, text)


def _in_html(text: str) -> str:
    return _NOT_OURS.sub("&#123;", text)
