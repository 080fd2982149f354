"""A hold on all mailing, by an operator's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """Since when (aware, UTC) nothing is mailed, and why; ``reason`` is the operator's own words, "" for none."""

    since: datetime
    reason: str

    def __str__(self) -> str:
        return f"Mailing is on hold since {self.since:%Y-%m-%d %H:%M} UTC" + (f": {self.reason}" if self.reason else "")
