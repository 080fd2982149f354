"""A hold on all mailing, by an operator's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """Since when (aware, UTC) nothing is mailed, and why; ``reason`` is the operator's own words, "" for none."""

    since: datetime
    reason: str

    def said(self, zone: tzinfo) -> str:
        """The hold in a sentence without its full stop; times on the wall clock of ``zone``."""
        since = f"Mailing is on hold since {self.since.astimezone(zone):%Y-%m-%d %H:%M}"
        return f"{since}: {self.reason}" if self.reason else since
