"""Issues that have gone out, for everybody to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Engine, cast, func, select
from sqlalchemy.dialects.postgresql import JSON

from pipeline.domain.issue import IssueState
from pipeline.domain.message import Message
from pipeline.domain.past_issue import PastIssue, PastIssueName
from pipeline.store.codec import load_message
from pipeline.store.database import reading
from pipeline.store.holding import gone_out
from pipeline.store.tables import issue, variant

_PUBLIC = (IssueState.OPEN, IssueState.FINISHED)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIssues:
    """The past issues of one store."""

    engine: Engine

    def cadences(self, newsletter: str) -> Sequence[str]:
        """The cadences at which there were issues."""
        query = select(issue.c.cadence).where(issue.c.newsletter == newsletter, issue.c.state.in_(_PUBLIC), gone_out())
        with reading(self.engine) as tx:
            return sorted(tx.execute(query.distinct()).scalars())

    def listed(
        self, newsletter: str, cadence: str, *, limit: int, before: datetime | None = None
    ) -> Sequence[PastIssue]:
        """The issues of a cadence that have been rendered, the newest first; each by its variant with the most in it.

        Issues for several time zones that carry the same are one.
        """
        mine = [issue.c.newsletter == newsletter, issue.c.cadence == cadence, issue.c.state.in_(_PUBLIC), gone_out()]
        if before is not None:
            mine.append(issue.c.slot < before)
        with reading(self.engine) as tx:
            subject = _subject(tx.dialect.name)
            query = (
                select(issue.c.uid, issue.c.slot, variant.c.number, variant.c.articles, variant.c.language, subject)
                .join(variant, variant.c.issue_id == issue.c.id)
                .where(*mine, variant.c.message.is_not(None))
                # The articles are pairs of numbers: the longest text has the most.
                .order_by(issue.c.slot.desc(), issue.c.id, func.length(variant.c.articles).desc(), variant.c.number)
            )
            # Some more than there are issues, for each may have several variants.
            with tx.execution_options(yield_per=limit).execute(query) as rows:
                return _distinct(newsletter, cadence, rows, limit)

    def message(self, name: PastIssueName) -> tuple[PastIssue, Message] | None:
        """A variant of an issue as it was rendered, whatever has become of the issue since."""
        start = datetime.combine(name.day, datetime.min.time(), tzinfo=name.zone)
        query = (
            select(issue, variant.c.number, variant.c.language, variant.c.message)
            .join(variant, variant.c.issue_id == issue.c.id)
            .where(
                issue.c.newsletter == name.newsletter,
                # A day longer at either end, for what is today elsewhere.
                issue.c.slot.between(start - _DAY, start + 2 * _DAY),
                variant.c.number == name.number,
                variant.c.message.is_not(None),
                gone_out(),
            )
        )
        with reading(self.engine) as tx:
            row = next((row for row in tx.execute(query) if row.uid.hex.startswith(name.key)), None)
        if row is None:
            return None
        message = load_message(row.message)
        past = PastIssue(
            uid=row.uid,
            newsletter=row.newsletter,
            cadence=row.cadence,
            slot=row.slot,
            number=row.number,
            language=row.language,
            subject=message.subject,
        )
        return past, message


def _subject(dialect: str) -> ColumnElement[Any]:
    """A message's subject, without reading all of the message."""
    if dialect == "postgresql":
        subject: ColumnElement[Any] = cast(variant.c.message, JSON)["subject"].astext
        return subject.label("subject")
    return func.json_extract(variant.c.message, "$.subject").label("subject")


def _distinct(newsletter: str, cadence: str, rows: CursorResult[Any], limit: int) -> list[PastIssue]:
    found: list[PastIssue] = []
    last: tuple[date, str] | None = None
    seen = set()
    for row in rows:
        if row.uid in seen or (row.slot.date(), row.articles) == last:
            continue
        seen.add(row.uid)
        last = (row.slot.date(), row.articles)
        found.append(
            PastIssue(
                uid=row.uid,
                newsletter=newsletter,
                cadence=cadence,
                slot=row.slot,
                number=row.number,
                language=row.language,
                subject=row.subject,
            )
        )
        if len(found) == limit:
            break
    return found
