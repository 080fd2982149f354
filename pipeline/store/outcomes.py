"""What became of deliveries, written down for a whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.ledger import IssueId, Outcome, OutcomeKind
from pipeline.store.tables import batch, delivery

_ONE = (
    "UPDATE delivery SET outcome = ?, reason = ?, provider_ref = ?"
    " WHERE issue_id = ? AND subscriber_id = ? AND outcome IS NULL"
)
_ALL = text(
    "UPDATE delivery SET outcome = one.outcome, reason = one.reason, provider_ref = one.ref"
    " FROM unnest(CAST(:outcomes AS text[]), CAST(:reasons AS text[]), CAST(:refs AS text[]),"
    " CAST(:people AS bigint[])) AS one (outcome, reason, ref, person)"
    " WHERE delivery.issue_id = :issue AND delivery.subscriber_id = one.person AND delivery.outcome IS NULL"
)

_WHOLE = (
    update(delivery)
    .where(
        delivery.c.variant_id == select(batch.c.variant_id).where(batch.c.id == bindparam("batch")).scalar_subquery(),
        delivery.c.sequence == bindparam("place"),
        delivery.c.outcome.is_(None),
    )
    .values(outcome=OutcomeKind.ACCEPTED, reason=bindparam("reason"), provider_ref=bindparam("provider_ref"))
)


def all_accepted_alike(held: HeldBatch, outcomes: Sequence[Outcome]) -> bool:
    """Whether everybody in the batch was accepted, and nothing is to be written of one that is not of all."""
    if not outcomes or len(outcomes) != len(held.addressees):
        return False
    first = outcomes[0][1:]
    return outcomes[0].kind is OutcomeKind.ACCEPTED and [one[1:] for one in outcomes] == [first] * len(outcomes)


def accept_whole(tx: Connection, held: HeldBatch, alike: Outcome) -> None:
    """Write for all that is left of a batch that it was accepted, without naming anybody: that is most of all mail."""
    written = {"reason": alike.reason or None, "provider_ref": alike.provider_ref}
    tx.execute(_WHOLE, {"batch": held.id, "place": held.sequence, **written})


def close_deliveries(tx: Connection, issue_id: IssueId, outcomes: Sequence[Outcome]) -> None:
    """Write final outcomes; a delivery that has one already keeps it.

    This is most of what the ledger writes, so each database gets it in the form that it takes fastest.
    """
    if not outcomes:
        return
    if tx.dialect.name == "postgresql":
        given = {
            "issue": issue_id,
            "outcomes": [one.kind.value for one in outcomes],
            "reasons": [one.reason or None for one in outcomes],
            "refs": [one.provider_ref for one in outcomes],
            "people": [one.subscriber for one in outcomes],
        }
        tx.execute(_ALL, given)
    else:
        rows = [(one.kind.value, one.reason or None, one.provider_ref, issue_id, one.subscriber) for one in outcomes]
        tx.exec_driver_sql(_ONE, rows)
