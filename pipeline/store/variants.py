"""Variants of issues with their articles as they were frozen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from pipeline.domain.article import Article, ArticleId
from pipeline.domain.issue import IssueContents, IssueKey
from pipeline.domain.ledger import IssueId
from pipeline.domain.past_issue import past_issue_path
from pipeline.store.articles import revisions
from pipeline.store.corrections import corrected
from pipeline.store.tables import issue, variant


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenVariant:
    """A variant with its articles as they were frozen, whether it has been rendered or not."""

    id: int
    issue: IssueId
    number: int
    key: IssueKey
    language: str
    contents: IssueContents
    path: str = ""
    """The last part of the address at which everybody can read it."""

    @property
    def articles(self) -> tuple[Article, ...]:
        return self.contents.articles


def frozen_variants(tx: Connection, id_: IssueId, which: ColumnElement[bool]) -> Sequence[FrozenVariant]:
    """Those of an issue's variants for which the condition holds."""
    query = select(variant, issue).join(issue, issue.c.id == variant.c.issue_id)
    rows = tx.execute(query.where(variant.c.issue_id == id_, which).order_by(variant.c.id)).all()
    return [
        FrozenVariant(
            id=row.id,
            issue=id_,
            number=row.number,
            key=IssueKey(newsletter=row.newsletter, cadence=row.cadence, zone=row.zone, slot=row.slot),
            language=row.language,
            path=past_issue_path(row.uid, row.slot, row.number),
            contents=IssueContents(
                articles=revisions(tx, [(ArticleId(a), number) for a, number in json.loads(row.articles)]),
                sections=tuple(json.loads(row.sections)),
                corrections=corrected(tx, row.newsletter, json.loads(row.corrections)),
            ),
        )
        for row in rows
    ]
