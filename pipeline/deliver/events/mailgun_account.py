"""What can be asked of Mailgun's API about events: its log, and its own lists of suppressed addresses.

https://documentation.mailgun.com/docs/mailgun/user-manual/events/events
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.deliver.event import Listed, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.asking import Calls, answered
from pipeline.deliver.events.mailgun import read_event
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event
from pipeline.errors import ProviderUnavailable

_PAGE = 300
_LONGEST_LIST_PAGE = 1000
_MOST_PAGES = 100_000
# What was accepted the ledger knows.
_WANTED = "delivered OR failed OR rejected OR complained OR unsubscribed OR opened OR clicked"
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailgunAccount:
    """See `pipeline.deliver.event.EventLog` and `SuppressionList`.  ``base_url`` is that of the API."""

    where: str
    domain: str
    base_url: str
    calls: Calls

    def since(self, since: datetime, until: datetime) -> Iterator[Sequence[Event]]:
        parameters = {
            "begin": f"{since.timestamp():.3f}",
            "end": f"{until.timestamp():.3f}",
            "ascending": "yes",
            "limit": str(_PAGE),
            "event": _WANTED,
        }
        for items in self._pages("events", parameters):
            yield list(_events(items))

    def read(self) -> Iterator[Listed]:
        for kind, why in (
            ("bounces", SuppressionReason.HARD_BOUNCE),
            ("complaints", SuppressionReason.COMPLAINT),
            ("unsubscribes", SuppressionReason.UNSUBSCRIBED),
        ):
            for items in self._pages(kind, {"limit": str(_LONGEST_LIST_PAGE)}):
                for item in items:
                    tags = item.get("tags")
                    # Who unsubscribed from mail with a certain tag only is on this list too.
                    if isinstance(tags, list) and _EVERYTHING not in tags:
                        continue
                    if address := reading.text(item, "address"):
                        yield Listed(
                            address, why, reading.reason(reading.text(item, "code"), reading.text(item, "error"))
                        )

    def close(self) -> None:
        self.calls.close()

    def _pages(self, what: str, parameters: Mapping[str, str]) -> Iterator[Sequence[reading.Document]]:
        """Until a page is empty, as Mailgun's pages end."""
        url = f"{self.base_url}/v3/{self.domain}/{what}"
        for page in range(_MOST_PAGES):
            document = answered(self.calls.get(url, None if page else parameters), self.where)
            if not isinstance(document, dict) or not isinstance(items := document.get("items"), list):
                raise ProviderUnavailable("Its answer can't be understood.", where=self.where)
            if not items:
                return
            yield [item for item in items if isinstance(item, dict)]
            following = reading.text(reading.part(document, "paging"), "next")
            # The key goes nowhere else, whatever a page says.
            if urlsplit(following)[:2] != urlsplit(url)[:2]:
                return
            url = following


def _events(items: Sequence[reading.Document]) -> Iterator[Event]:
    for item in items:
        try:
            yield read_event(item)
        except Unreadable:
            continue
