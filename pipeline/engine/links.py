"""Whether what a message leads to is still there."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event
from typing import TYPE_CHECKING

from pipeline import wiring
from pipeline.app import App
from pipeline.collect.fetch import FetchLimits
from pipeline.collect.hosts import host_of
from pipeline.domain.polling import interleaved
from pipeline.engine.side_by_side import side_by_side
from pipeline.errors import SourceError, SourceUnavailable

if TYPE_CHECKING:
    from pipeline.domain.message import Message
    from pipeline.render.findings import Finding

MOST = 200
"""How many addresses are asked in all; the others count as there."""
MOST_OF_A_HOST = 20

_AT_ONCE = 8
_LIMITS = FetchLimits(total_seconds=10, connect_seconds=5, max_redirects=5)
_ADDRESS = re.compile(r'<(?:a|img)\b[^>]*\s(?:href|src)="(https?://[^"]+)"')
_MERGE_FIELD = "__SUBST_"
# Somebody is there, but doesn't talk to programs, or not now.
_THERE = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
        HTTPStatus.SERVICE_UNAVAILABLE,
        999,
    }
)


@dataclass(slots=True)
class Links:
    """Asks each address once, politely, through the fetcher that never goes into networks of our own."""

    app: App
    _why: dict[str, str] = field(default_factory=dict)
    _of_host: Counter[str] = field(default_factory=Counter)

    def findings(self, message: Message) -> list[Finding]:
        """What of a message leads nowhere, at the level that the operator chose."""
        from pipeline.render.findings import Finding  # noqa: PLC0415  (it loads slowly)

        addresses = list(dict.fromkeys(self._addresses(message)))
        wanted = {address: host_of(address) for address in addresses if self._is_to_ask(address)}
        turns = interleaved(list(wanted), wanted)
        for address, why in zip(turns, side_by_side(self._ask, turns, threads=_AT_ONCE, stopping=Event()), strict=True):
            self._why[address] = why
        dead = [(address, self._why[address]) for address in addresses if self._why.get(address)]
        found = [Finding(code="link-dead", place=one, what=f"{one} leads nowhere: {why}") for one, why in dead]
        return wiring.render.strictness(self.app.settings).levelled(found)

    def _addresses(self, message: Message) -> Iterator[str]:
        ours = f"{self.app.settings.site.url}/"
        for written in _ADDRESS.findall(message.html):
            address = html.unescape(written).partition("#")[0]
            if _MERGE_FIELD not in address and not f"{address}/".startswith(ours):
                yield address

    def _is_to_ask(self, address: str) -> bool:
        host = host_of(address)
        if address in self._why or self._of_host.total() >= MOST or self._of_host[host] >= MOST_OF_A_HOST:
            return False
        self._of_host[host] += 1
        return True

    def _ask(self, address: str) -> str:
        """Why it is not there; "" if it is."""
        try:
            self.app.fetcher.within(_LIMITS).get(address, accept="*/*", read=False, now=self.app.clock())
        except SourceUnavailable as error:
            return "" if error.status in _THERE else error.problem.what
        except SourceError as error:
            return error.problem.what
        return ""
