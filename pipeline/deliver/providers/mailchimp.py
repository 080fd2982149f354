"""Mailchimp campaigns: one for an audience, found by its title.

https://mailchimp.com/developer/marketing/api/campaigns/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from pipeline.deliver.addresses import one_line, parse_mailbox
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.http_calls import HttpCalls
from pipeline.deliver.providers.list_mail import list_mail
from pipeline.deliver.providers.list_owner import Campaign, ListOwner, succeeded
from pipeline.domain.ledger import Batch, Recipient
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected

_JSON = "application/json"
_PAGE = 1000
_MOST_PAGES = 20
_TAGS = {"unsubscribe_url": "*|UNSUB|*", "preferences_url": "*|UPDATE_PROFILE|*"}
_NOT_OURS = "*|"  # begins a merge tag
_WORD_JOINER = "\u2060"
_FIELDS = "campaigns.id,campaigns.status,campaigns.settings.title,total_items"


def mailchimp(name: str, api_key: str, *, audience: str, base_url: str, timeout: timedelta) -> ListOwner:
    """The provider, for an API key and the id of an audience."""
    where = f"providers.{name}"
    dialect = MailchimpDialect(
        base_url=base_url.rstrip("/").removesuffix("/3.0") + "/3.0",
        audience=audience,
        reader=Reader(label="Mailchimp", where=where, key_hint="the API key, and that base_url is its data centre's"),
    )
    calls = HttpCalls(where=where, timeout=timeout, auth=("rundbrief", api_key))
    return ListOwner(name=name, dialect=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailchimpDialect:
    """See `ListDialect`."""

    base_url: str
    audience: str
    reader: Reader

    def found(self, calls: HttpCalls, batch: Batch) -> Sequence[Campaign]:
        since = batch.date.astimezone(UTC) - timedelta(days=1)
        found: list[Campaign] = []
        for page in range(_MOST_PAGES):
            parameters = {
                "list_id": self.audience,
                "since_create_time": f"{since:%Y-%m-%dT%H:%M:%S+00:00}",
                "fields": _FIELDS,
                "count": str(_PAGE),
                "offset": str(page * _PAGE),
            }
            answer = succeeded(self.reader, calls.get(f"{self.base_url}/campaigns", parameters))
            results = answer.document.get("campaigns")
            if not isinstance(results, list):
                raise self.reader.unreadable(answer)
            found += [_campaign(one) for one in results if isinstance(one, dict) and _is_of(one, batch)]
            if len(results) < _PAGE:
                break
        return found

    def made(self, calls: HttpCalls, batch: Batch, message: Message, recipient: Recipient) -> Campaign:
        name, address = parse_mailbox(message.from_)
        if message.reply_to and parse_mailbox(message.reply_to)[1] != address:
            what = "Mailchimp mails from the very address that answers go to."
            raise ProviderRejected(what, where=self.reader.where, mend="Leave the newsletter's `reply_to` out.")
        document = {
            "type": "regular",
            "recipients": {"list_id": self.audience},
            "settings": {
                "title": _title(batch),
                "subject_line": list_mail(message, recipient, _TAGS, _in_text, _in_html).subject,
                "from_name": one_line(name) or address,
                "reply_to": address,
                "auto_footer": False,
                "inline_css": False,
            },
            "tracking": {"opens": False, "html_clicks": False, "text_clicks": False},
        }
        answer = calls.post(f"{self.base_url}/campaigns", json.dumps(document).encode(), _JSON)
        if "id" not in succeeded(self.reader, answer).document:
            raise self.reader.unreadable(answer)
        return _campaign(answer.document)

    def fill(
        self,
        calls: HttpCalls,
        campaign: Campaign,
        batch: Batch,  # noqa: ARG002
        message: Message,
        recipient: Recipient,
    ) -> None:
        mail = list_mail(message, recipient, _TAGS, _in_text, _in_html)
        body = json.dumps({"html": mail.html, "plain_text": mail.text}).encode()
        succeeded(self.reader, calls.put(f"{self.base_url}/campaigns/{campaign.id}/content", body, _JSON))

    def start(self, calls: HttpCalls, campaign: Campaign) -> None:
        answer = calls.post(f"{self.base_url}/campaigns/{campaign.id}/actions/send", b"", _JSON)
        if succeeded(self.reader, answer).body:
            # Its answer is an empty 204.
            raise self.reader.unreadable(answer)

    def test(
        self,
        calls: HttpCalls,
        campaign: Campaign,
        batch: Batch,  # noqa: ARG002
        message: Message,  # noqa: ARG002
        recipient: Recipient,
    ) -> None:
        body = json.dumps({"test_emails": [recipient.address], "send_type": "html"}).encode()
        succeeded(self.reader, calls.post(f"{self.base_url}/campaigns/{campaign.id}/actions/test", body, _JSON))


def _title(batch: Batch) -> str:
    """At most 100 characters; the id is what it is found by."""
    return f"{batch.id} {batch.newsletter}"[:100]


def _campaign(data: Mapping[str, object]) -> Campaign:
    return Campaign(str(data.get("id")), data.get("status") != "save")


def _is_of(data: Mapping[str, object], batch: Batch) -> bool:
    settings = data.get("settings")
    return isinstance(settings, dict) and settings.get("title") == _title(batch)


def _in_text(text: str) -> str:
    return text.replace(_NOT_OURS, f"*{_WORD_JOINER}|")


def _in_html(text: str) -> str:
    return text.replace(_NOT_OURS, "&#42;|")
