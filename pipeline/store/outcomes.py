"""What became of deliveries, written down for a whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from pipeline.domain.ledger import IssueId, Outcome

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
