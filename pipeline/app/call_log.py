"""What is logged and counted of mailing: ``issue`` is what all lines from a slot to its batches have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

import structlog

from pipeline.deliver.ledger import HeldBatch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """``recipients`` are those of the calls that were answered."""

    answered: int = 0
    failed: int = 0
    recipients: int = 0


@dataclass
class CallTally:
    """The calls of providers that this process made.  Threads may share it."""

    _counts: dict[str, Calls] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def tell(self, held: HeldBatch, failure: str) -> None:
        """Log and count a call."""
        log_call(held, failure)
        with self._lock:
            name = held.provider or ""
            before = self._counts.get(name, Calls())
            self._counts[name] = (
                replace(before, failed=before.failed + 1)
                if failure
                else replace(before, answered=before.answered + 1, recipients=before.recipients + len(held.addressees))
            )

    def counted(self) -> Mapping[str, Calls]:
        """By provider."""
        with self._lock:
            return dict(self._counts)


def log_call(held: HeldBatch, failure: str) -> None:
    """A line for a call of a provider that was answered, or failed."""
    facts = {
        "issue": held.issue,
        "batch": str(held.id),
        "recipients": len(held.addressees),
        "provider": held.provider,
        "try": held.tries,
    }
    if failure:
        log.warning("batch not taken", why=failure, **facts)
    else:
        log.debug("batch answered", **facts)
