"""What is logged of mailing: ``issue`` is what all lines from a slot to its batches have in common."""

from __future__ import annotations

import structlog

from pipeline.deliver.ledger import HeldBatch

log = structlog.get_logger(__name__)


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
