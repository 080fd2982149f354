"""The ways that batches of a newsletter may go: its providers in the order of failover, each with its budget."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.domain.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A provider as a newsletter uses it.

    ``account`` is a digest of its address and account there: it changes when either does.  ``most`` counts
    recipients a call.  ``domain`` is the sender's, which a warm-up counts by.
    """

    provider: str
    account: str = ""
    most: int
    budget: Budget = field(default_factory=Budget)
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A newsletter's lanes in the order of failover.

    ``canary`` is how many recipients of an issue are handed over before what comes back from them is waited for; 0:
    nothing is waited for.
    """

    lanes: tuple[Lane, ...]
    canary: int = 0
