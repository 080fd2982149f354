"""listmonk, a list manager of one's own: a campaign for its lists, found by its tag.

https://listmonk.app/docs/apis/campaigns/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.deliver.addresses import one_line, parse_mailbox, readable_mailbox
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.http_calls import HttpCalls
from pipeline.deliver.providers.list_mail import list_mail
from pipeline.deliver.providers.list_owner import Campaign, ListOwner, succeeded
from pipeline.domain.ledger import Batch, Recipient
from pipeline.domain.message import Message

_JSON = "application/json"
_TAGS = {"unsubscribe_url": "{{ UnsubscribeURL }}", "preferences_url": "{{ ManageURL }}"}
# What listmonk would read in an article: Go's templates, also where a tag of ours follows, and its mark for links.
_NOT_OURS = re.compile(r"\{(?=\{|\Z)|@(?=TrackLink)")
_WORD_JOINER = "\u2060"
_OF_THE_LIST = frozenset({"list-unsubscribe", "list-unsubscribe-post"})


def listmonk(
    name: str,
    api_key: str,
    *,
    username: str,
    lists: Sequence[int],
    template: int,
    base_url: str,
    timeout: timedelta,
) -> ListOwner:
    """The provider, for a user of the kind API and its token, the lists' ids, and the template's."""
    where = f"providers.{name}"
    reader = Reader(
        label="listmonk", where=where, key_hint="the user, its token, and its rights for campaigns and lists"
    )
    dialect = ListmonkDialect(
        base_url=base_url.rstrip("/").removesuffix("/api"), lists=tuple(lists), template=template, reader=reader
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": f"token {username}:{api_key}"})
    return ListOwner(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListmonkDialect:
    """See `ListDialect`."""

    base_url: str
    lists: tuple[int, ...]
    template: int
    reader: Reader

    def found(self, calls: HttpCalls, batch: Batch) -> Sequence[Campaign]:
        tag = str(batch.id)
        # The parameter is called otherwise in the documents than in the source; who knows neither shows all.
        parameters = {"tag": tag, "tags": tag, "per_page": "all", "no_body": "true"}
        answer = succeeded(self.reader, calls.get(f"{self.base_url}/api/campaigns", parameters))
        data = answer.document.get("data")
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(results, list):
            raise self.reader.unreadable(answer)
        return [_campaign(one) for one in results if isinstance(one, dict) and tag in (one.get("tags") or ())]

    def made(self, calls: HttpCalls, batch: Batch, message: Message, recipient: Recipient) -> Campaign:
        body = json.dumps(self._document(batch, message, recipient)).encode()
        answer = succeeded(self.reader, calls.post(f"{self.base_url}/api/campaigns", body, _JSON))
        data = answer.document.get("data")
        if not isinstance(data, dict) or "id" not in data:
            raise self.reader.unreadable(answer)
        return _campaign(data)

    def fill(self, calls: HttpCalls, campaign: Campaign, batch: Batch, message: Message, recipient: Recipient) -> None:
        """It has its content since it was made."""

    def start(self, calls: HttpCalls, campaign: Campaign) -> None:
        url = f"{self.base_url}/api/campaigns/{campaign.id}/status"
        answer = succeeded(self.reader, calls.put(url, b'{"status": "running"}', _JSON))
        data = answer.document.get("data")
        if not isinstance(data, dict) or not _campaign(data).started:
            raise self.reader.unreadable(answer)

    def test(self, calls: HttpCalls, campaign: Campaign, batch: Batch, message: Message, recipient: Recipient) -> None:
        document = {**self._document(batch, message, recipient), "subscribers": [recipient.address]}
        url = f"{self.base_url}/api/campaigns/{campaign.id}/test"
        succeeded(self.reader, calls.post(url, json.dumps(document).encode(), _JSON))

    def _document(self, batch: Batch, message: Message, recipient: Recipient) -> dict[str, object]:
        mail = list_mail(message, recipient, _TAGS, _in_text, _in_html)
        headers = [
            {name: one_line(value.join(recipient.fields))}
            for name, value in message.merge_headers
            if name.lower() not in _OF_THE_LIST
        ]
        if message.reply_to:
            headers.append({"Reply-To": readable_mailbox(*parse_mailbox(message.reply_to))})
        return {
            "name": f"{batch.newsletter} {batch.date:%Y-%m-%d %H:%M} {batch.id}",
            "tags": [str(batch.id)],
            "type": "regular",
            "lists": list(self.lists),
            "template_id": self.template,
            "messenger": "email",
            "content_type": "html",
            "from_email": readable_mailbox(*parse_mailbox(message.from_)),
            "subject": mail.subject,
            "body": mail.html,
            "altbody": mail.text,
            "headers": headers,
        }


def _campaign(data: Mapping[str, object]) -> Campaign:
    return Campaign(str(data.get("id")), data.get("status") != "draft")


def _in_text(text: str) -> str:
    return _NOT_OURS.sub(lambda found: found[0] + _WORD_JOINER, text)


def _in_html(text: str) -> str:
    return _NOT_OURS.sub(lambda found: f"&#{ord(found[0])};", text)
