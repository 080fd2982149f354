"""Links that are counted: they lead over our site, say where to, and prove that we made them."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from urllib.parse import quote

from pipeline.audience.tokens import TokenKeys
from pipeline.domain.ledger import IssueId

PIXEL = ".gif"
_PURPOSE = "tracked link"
_MAC_SIZE = 15  # bytes: 20 characters


@dataclass(frozen=True, slots=True)
class TrackedLinks:
    """Addresses like ``SITE/t/y/ISSUE/MAC?u=TARGET``; the one of an opening ends with ``MAC.gif`` and has no target.

    ``site`` is our address.  Who holds one learns nothing of a person, and can make none that leads elsewhere.
    """

    site: str
    keys: TokenKeys

    def link(self, issue: IssueId, url: str, counted: str) -> str:
        """``counted`` is ``y``, or ``n`` for who doesn't want to be counted; or what is replaced by one of these."""
        return f"{self.site}/t/{counted}/{issue}/{self._macs(issue, url)[0]}?u={quote(url, safe='/:')}"

    def pixel(self, issue: IssueId, counted: str) -> str:
        return f"{self.site}/t/{counted}/{issue}/{self._macs(issue, '')[0]}{PIXEL}"

    def is_ours(self, issue: int, url: str, mac: str) -> bool:
        """Whether we made a link of that issue to that target; compared in constant time."""
        if not mac.isascii():
            return False
        return any(hmac.compare_digest(mac, ours) for ours in self._macs(issue, url))

    def _macs(self, issue: int, url: str) -> tuple[str, ...]:
        text = f"{issue}\0{url}".encode("utf-8", "surrogatepass")
        macs = (hmac.digest(key, text, "sha256")[:_MAC_SIZE] for key in self.keys.derived(_PURPOSE))
        return tuple(base64.urlsafe_b64encode(mac).decode() for mac in macs)
