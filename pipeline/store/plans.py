"""What will be mailed: foreseen, or frozen as a saved plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, and_, func, select

from pipeline.domain.article import ArticleId
from pipeline.domain.issue import IssueContents, IssueKey, Terms
from pipeline.domain.ledger import IssueId
from pipeline.domain.message import Message
from pipeline.store.articles import revisions
from pipeline.store.codec import load_message
from pipeline.store.corrections import corrected
from pipeline.store.database import reading, writing
from pipeline.store.planning import ForeseenIssue, foresee
from pipeline.store.saved_plans import let_go, review, save, take_back
from pipeline.store.tables import delivery, issue, variant


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedVariant:
    """A variant as it will go out.  ``recipients`` are mailed; ``suppressed`` ones are not."""

    language: str
    contents: IssueContents
    message: Message
    recipients: int
    suppressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The plans of one store."""

    engine: Engine

    def foresee(self, key: IssueKey, terms: Terms, now: datetime) -> ForeseenIssue:
        """The issue as a run at that time would freeze it, if nothing else happened until then."""
        with reading(self.engine) as tx:
            return foresee(tx, key, terms, now)

    def save(self, key: IssueKey, terms: Terms, now: datetime, wait: timedelta) -> IssueId | None:
        """Freeze an issue that nothing goes out of until a person says so.

        None, and nothing is changed, where the slot has an issue already or nobody would get anything.  A plan ends by
        itself so long after its slot, or after now if that is later.
        """
        with writing(self.engine) as tx:
            return save(tx, key, terms, now, wait)

    def saved(self, id_: IssueId) -> Sequence[SavedVariant]:
        """What a saved plan's variants are, those for most recipients first."""
        with reading(self.engine) as tx:
            return sorted(_variants(tx, id_), key=lambda one: -one.recipients)

    def let_go(self, id_: IssueId, now: datetime) -> bool:
        """Let a saved plan go out, at its slot where that is still to come; False where it can't."""
        with writing(self.engine) as tx:
            return let_go(tx, id_, now)

    def review(self, now: datetime) -> Sequence[IssueId]:
        """Let plans go out whose slot has come, and cancel those that waited for too long; returns these."""
        with writing(self.engine) as tx:
            return review(tx, now)

    def take_back(self, id_: IssueId) -> bool:
        """Make a saved plan undone, as if its slot never had an issue; False where it is none, or no longer."""
        with writing(self.engine) as tx:
            return take_back(tx, id_)


def _variants(tx: Connection, id_: IssueId) -> list[SavedVariant]:
    mailed = func.count().filter(delivery.c.outcome.is_(None))
    query = (
        select(issue.c.newsletter, variant, mailed.label("mailed"), func.count().label("audience"))
        .join(issue, issue.c.id == variant.c.issue_id)
        .join(delivery, and_(delivery.c.issue_id == issue.c.id, delivery.c.variant_id == variant.c.id))
        .where(variant.c.issue_id == id_, variant.c.message.is_not(None))
        .group_by(issue.c.newsletter, variant.c.id)
        .order_by(variant.c.number)
    )
    return [
        SavedVariant(
            language=row.language,
            contents=IssueContents(
                articles=revisions(tx, [(ArticleId(a), number) for a, number in json.loads(row.articles)]),
                sections=tuple(json.loads(row.sections)),
                corrections=corrected(tx, row.newsletter, json.loads(row.corrections)),
            ),
            message=load_message(row.message),
            recipients=row.mailed,
            suppressed=row.audience - row.mailed,
        )
        for row in tx.execute(query).all()
    ]
