"""The lists of suppressed addresses that Postmark, SendGrid and SparkPost keep.  (Mailgun's: `mailgun_account`.)

https://postmarkapp.com/developer/api/suppressions-api
https://www.twilio.com/docs/sendgrid/api-reference/suppressions
https://developers.sparkpost.com/api/suppression-list/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from pipeline.deliver.event import Listed
from pipeline.deliver.events import reading
from pipeline.deliver.events.asking import Calls, answered
from pipeline.domain.audience import SuppressionReason
from pipeline.errors import ProviderUnavailable

_PAGE = 500
_MOST_PAGES = 100_000
_SPARKPOST_PAGE = "10000"
_SPARKPOST_SOURCES = {
    "Spam Complaint": SuppressionReason.COMPLAINT,
    "List Unsubscribe": SuppressionReason.UNSUBSCRIBED,
    "Unsubscribe Link": SuppressionReason.UNSUBSCRIBED,
    "Bounce Rule": SuppressionReason.HARD_BOUNCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmarkList:
    """See `pipeline.deliver.event.SuppressionList`.  ``stream`` is the one that newsletters go by."""

    where: str
    base_url: str
    stream: str
    calls: Calls

    def read(self) -> Iterator[Listed]:
        # One list, in one answer; asked for by reason, each is shorter.
        for word, why in (
            ("HardBounce", SuppressionReason.HARD_BOUNCE),
            ("SpamComplaint", SuppressionReason.COMPLAINT),
            ("ManualSuppression", SuppressionReason.UNSUBSCRIBED),
        ):
            url = f"{self.base_url}/message-streams/{quote(self.stream, safe='')}/suppressions/dump"
            document = answered(self.calls.get(url, {"SuppressionReason": word}), self.where)
            items = document.get("Suppressions") if isinstance(document, dict) else None
            for item in _objects(items, self.where):
                by_hand = word == "ManualSuppression" and reading.text(item, "Origin") != "Recipient"
                if address := reading.text(item, "EmailAddress"):
                    yield Listed(address, SuppressionReason.MANUAL if by_hand else why, word)

    def close(self) -> None:
        self.calls.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridLists:
    """See `pipeline.deliver.event.SuppressionList`."""

    where: str
    base_url: str
    calls: Calls

    def read(self) -> Iterator[Listed]:
        for kind, why in (
            ("bounces", SuppressionReason.HARD_BOUNCE),
            ("invalid_emails", SuppressionReason.HARD_BOUNCE),
            ("spam_reports", SuppressionReason.COMPLAINT),
            ("unsubscribes", SuppressionReason.UNSUBSCRIBED),
        ):
            for page in range(_MOST_PAGES):
                parameters = {"limit": str(_PAGE), "offset": str(page * _PAGE)}
                found = answered(self.calls.get(f"{self.base_url}/v3/suppression/{kind}", parameters), self.where)
                items = _objects(found, self.where)
                for item in items:
                    if address := reading.text(item, "email"):
                        said = reading.reason(reading.text(item, "status"), reading.text(item, "reason"))
                        yield Listed(address, why, said)
                if len(items) < _PAGE:
                    break

    def close(self) -> None:
        self.calls.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostList:
    """See `pipeline.deliver.event.SuppressionList`."""

    where: str
    base_url: str
    calls: Calls

    def read(self) -> Iterator[Listed]:
        url, cursor = f"{self.base_url}/api/v1/suppression-list", "initial"
        for _ in range(_MOST_PAGES):
            document = answered(self.calls.get(url, {"cursor": cursor, "per_page": _SPARKPOST_PAGE}), self.where)
            page = document if isinstance(document, dict) else {}
            for item in _objects(page.get("results"), self.where):
                # Who left one list of the account only is on this list too.
                if (address := reading.text(item, "recipient")) and not item.get("list_id"):
                    why = _SPARKPOST_SOURCES.get(reading.text(item, "source"), SuppressionReason.MANUAL)
                    yield Listed(address, why, reading.reason(reading.text(item, "description")))
            if not (cursor := _cursor(page.get("links"))):
                return

    def close(self) -> None:
        self.calls.close()


def _cursor(links: object) -> str:
    """Where the following page begins; "" where there is none."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            return next(iter(parse_qs(urlsplit(reading.text(link, "href")).query).get("cursor", [])), "")
    return ""


def _objects(found: object, where: str) -> list[reading.Document]:
    if not isinstance(found, list):
        raise ProviderUnavailable("Its answer can't be understood.", where=where)
    return [item for item in found if isinstance(item, dict)]
