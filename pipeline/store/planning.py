"""What an issue would carry, and for whom, if it were frozen.  Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from pipeline.compose.compose import Composition, compose
from pipeline.domain.article import Article, ArticleId
from pipeline.domain.issue import Hold, IssueContents, IssueKey, Terms
from pipeline.store.articles import revisions
from pipeline.store.composing import candidates, groups_of, notices, why_empty
from pipeline.store.corrections import corrected
from pipeline.store.groups import last_release
from pipeline.store.releasing import due_articles
from pipeline.store.tables import issue, subscriber, subscription, suppression

_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenVariant:
    """What subscribers who get the same would get.  ``recipients`` are mailed; ``suppressed`` ones are not."""

    language: str
    contents: IssueContents
    recipients: int
    suppressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenIssue:
    """An issue as it would be frozen, the variants with most recipients first.  ``reason`` says why it is empty."""

    variants: tuple[ForeseenVariant, ...]
    reason: str

    @property
    def recipients(self) -> int:
        return sum(one.recipients for one in self.variants)

    @property
    def suppressed(self) -> int:
        return sum(one.suppressed for one in self.variants)


def foresee(tx: Connection, key: IssueKey, terms: Terms, now: datetime) -> ForeseenIssue:
    """The issue as a run at that time would freeze it, if nothing else happened until then."""
    if (there := _already(tx, key)) is not None:
        return ForeseenIssue(variants=(), reason=there)
    coming = due_articles(tx, now)
    upto = last_release(tx) + len(coming)
    groups = groups_of(tx, key, terms, upto)
    articles = candidates(tx, groups, upto, now, foreseen=coming)
    composition = compose(articles, notices(tx, groups, terms, upto), groups, terms, upto)
    suppressed = _suppressed(tx, key.newsletter)
    contents = _contents(tx, composition)
    variants: list[ForeseenVariant] = []
    for planned in composition.variants:
        size = sum(share.group.size for share in planned.shares)
        gone = sum(suppressed.get(share.group.id, 0) for share in planned.shares)
        whole = IssueContents(
            articles=tuple(contents[one] for one in planned.arranged.articles),
            sections=planned.arranged.sections,
            corrections=corrected(tx, key.newsletter, planned.corrections),
        )
        variants.append(
            ForeseenVariant(language=planned.language, contents=whole, recipients=size - gone, suppressed=gone)
        )
    variants.sort(key=lambda one: -one.recipients)
    return ForeseenIssue(variants=tuple(variants), reason="" if variants else why_empty(tx, key, terms, groups))


def _already(tx: Connection, key: IssueKey) -> str | None:
    """What there is for the slot, for people; None for nothing."""
    same = and_(*(issue.c[name] == getattr(key, name) for name in ("newsletter", "cadence", "zone", "slot")))
    row = tx.execute(select(issue.c.id, issue.c.hold).where(same)).one_or_none()
    if row is None:
        return None
    kinds = {Hold.SAVED: "saved plan", Hold.SLOT: "saved plan, to be sent then"}
    return f"{kinds.get(row.hold, 'made already')}: issue {row.id}"


def _contents(tx: Connection, composition: Composition) -> Mapping[tuple[ArticleId, int], Article]:
    wanted = sorted({one for planned in composition.variants for one in planned.arranged.articles})
    found: dict[tuple[ArticleId, int], Article] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        page: Sequence[tuple[ArticleId, int]] = wanted[start : start + _AT_ONCE]
        found |= dict(zip(page, revisions(tx, page), strict=True))
    return found


def _suppressed(tx: Connection, newsletter: str) -> dict[int, int]:
    """How many active subscriptions of each group get no mail."""
    gone = select(subscriber.c.id).join(suppression, suppression.c.address_key == subscriber.c.address_key)
    counted = (
        select(subscription.c.group_id, func.count())
        .where(subscription.c.subscriber_id.in_(gone), subscription.c.newsletter == newsletter)
        .where(subscription.c.state == "active")
        .group_by(subscription.c.group_id)
    )
    return {row[0]: row[1] for row in tx.execute(counted)}
