"""The lists of suppressed addresses that Postmark and SendGrid keep.  (Mailgun's: `mailgun_account`.)

https://postmarkapp.com/developer/api/suppressions-api
https://www.twilio.com/docs/sendgrid/api-reference/suppressions
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.deliver.event import Listed
from pipeline.deliver.events import reading
from pipeline.deliver.events.asking import Calls, answered
from pipeline.domain.audience import SuppressionReason
from pipeline.errors import ProviderUnavailable

_PAGE = 500
_MOST_PAGES = 100_000


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


def _objects(found: object, where: str) -> list[reading.Document]:
    if not isinstance(found, list):
        raise ProviderUnavailable("Its answer can't be understood.", where=where)
    return [item for item in found if isinstance(item, dict)]
