"""A canary: the first recipients of an issue, and what has to come back from them before the others follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryLimits:
    """How long to wait, and the most bounces and complaints, in percent of those that were handed over."""

    wait: timedelta = timedelta(minutes=30)
    bounces: float = 5.0
    complaints: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """What came back of the deliveries that were handed over: who bounced for good or was refused, who complained."""

    handed_over: int
    bounced: int = 0
    complained: int = 0


def too_much(seen: Reactions, limits: CanaryLimits) -> str:
    """Why the others must not follow; empty if they may.

    One bounce or complaint alone is never too much: of few recipients it is a large part.
    """
    for name, count, limit in (
        ("bounced", seen.bounced, limits.bounces),
        ("complained", seen.complained, limits.complaints),
    ):
        if count > 1 and count * _PERCENT > limit * seen.handed_over:
            share = count * _PERCENT / max(seen.handed_over, 1)
            of = f"{count} of the first {seen.handed_over} recipients {name}"
            return f"{of}: {share:.1f} %, and {limit:g} % are allowed."
    return ""
