"""Issues: freezing them, their variants, and their books."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, Row, and_, exists, func, or_, select, update

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.canary import CanaryLimits
from pipeline.domain.issue import IMMEDIATE, Hold, Issue, IssueKey, IssueState, Terms
from pipeline.domain.ledger import IssueId
from pipeline.domain.message import Message
from pipeline.store.books import books, unbalanced
from pipeline.store.cancelling import cancel, finish
from pipeline.store.codec import dump_message
from pipeline.store.database import reading, writing
from pipeline.store.freezing import begin, freeze
from pipeline.store.holding import Halted, gone_out, pause, resume, review_canaries
from pipeline.store.issue_details import IssueDetails, read_details
from pipeline.store.replaying import mailed_variants, submitted_batches
from pipeline.store.retrying import Retried, retry_failed
from pipeline.store.tables import (
    article,
    issue,
    subscription,
    subscription_group,
    variant,
)
from pipeline.store.upcoming import Upcoming, next_articles
from pipeline.store.variants import FrozenVariant, frozen_variants

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """The issues of one store."""

    engine: Engine

    def freeze(self, key: IssueKey, terms: Terms, now: datetime) -> IssueId | None:
        """Freeze the issue's audience and articles in one transaction, and move the cursors of all it covers.

        Returns None where there is such an issue already.  An issue that nobody is owed an article in is recorded
        as skipped.
        """
        with writing(self.engine) as tx:
            return freeze(tx, key, terms, now)

    def close_slot(self, key: IssueKey, state: IssueState, reason: str, now: datetime) -> IssueId | None:
        """Record that a slot ended without an issue: skipped or missed.  The cursors stay, so nothing is lost.

        Returns None where the slot has an issue already.
        """
        with writing(self.engine) as tx:
            id_ = begin(tx, key, now)
            if id_ is not None:
                ended = {"state": state, "reason": reason, "finished_at": now}
                tx.execute(update(issue).where(issue.c.id == id_).values(ended))
        return id_

    def immediate_slot(self, name: str, zone: str) -> datetime | None:
        """The slot of the next immediate issue: the newest release, unless issues have covered it.

        Where that moment is taken, because not all articles fitted into one issue or a clock was set back, it is the
        next one after the last slot.
        """
        mine = and_(issue.c.newsletter == name, issue.c.cadence == IMMEDIATE, issue.c.zone == zone)
        covered = select(func.coalesce(func.max(issue.c.upto), 0)).where(mine).scalar_subquery()
        active = exists().where(subscription.c.group_id == subscription_group.c.id, subscription.c.state == "active")
        # Who has just come over from a slower cadence stands behind the last immediate issue.
        behind = exists().where(
            subscription_group.c.newsletter == name,
            subscription_group.c.cadence == IMMEDIATE,
            subscription_group.c.cursor < article.c.release_number,
            active,
        )
        newest = (
            select(article.c.released_at)
            .where(article.c.release_number.is_not(None), or_(article.c.release_number > covered, behind))
            .order_by(article.c.release_number.desc())
            .limit(1)
        )
        last = select(issue.c.slot).where(mine).order_by(issue.c.slot.desc()).limit(1)
        with reading(self.engine) as tx:
            released: datetime | None = tx.execute(newest).scalar_one_or_none()
            taken: datetime | None = tx.execute(last).scalar_one_or_none()
        if released is None or taken is None or released > taken:
            return released
        return taken + _MOMENT

    def zones(self, name: str, cadence: str, default: str) -> tuple[str, ...]:
        """The time zones that the cadence's subscribers live in, the newsletter's own always among them."""
        active = exists().where(subscription.c.group_id == subscription_group.c.id, subscription.c.state == "active")
        query = select(subscription_group.c.timezone).where(
            subscription_group.c.newsletter == name, subscription_group.c.cadence == cadence, active
        )
        with reading(self.engine) as tx:
            return tuple(sorted({zone or default for zone in tx.execute(query.distinct()).scalars()} | {default}))

    def unrendered(self, id_: IssueId) -> Sequence[FrozenVariant]:
        """The variants that have no message yet."""
        with reading(self.engine) as tx:
            return frozen_variants(tx, id_, variant.c.message.is_(None))

    def mailed_variants(self, id_: IssueId) -> Sequence[tuple[FrozenVariant, Message]]:
        """The variants that have been rendered, with what they were rendered to."""
        with reading(self.engine) as tx:
            return mailed_variants(tx, id_)

    def submitted_batches(self, id_: IssueId) -> Iterator[HeldBatch]:
        """The batches that were handed to a provider, with those who were in them; streamed."""
        with reading(self.engine) as tx:
            yield from submitted_batches(tx, id_)

    def keep_message(self, variant_id: int, message: Message) -> None:
        """Store a variant's message.  The first one stays: every attempt carries the same bytes."""
        with writing(self.engine) as tx:
            kept = update(variant).where(variant.c.id == variant_id, variant.c.message.is_(None))
            tx.execute(kept.values(message=dump_message(message)))

    def open_issues(self) -> Sequence[IssueId]:
        """Those that go out, or would if nothing held them; saved plans don't."""
        query = select(issue.c.id).where(issue.c.state == IssueState.OPEN, gone_out()).order_by(issue.c.id)
        with reading(self.engine) as tx:
            return [IssueId(id_) for id_ in tx.execute(query).scalars()]

    def finish(self, now: datetime) -> Sequence[IssueId]:
        """Finish every open issue in which nothing is to do or in doubt; end those that were cancelled meanwhile."""
        with writing(self.engine) as tx:
            return finish(tx, now)

    def next_articles(self, terms: Terms, cadence: str, now: datetime) -> Upcoming:
        """What the next issue of that cadence would carry for a subscriber who chose every topic."""
        with reading(self.engine) as tx:
            return next_articles(tx, terms, cadence, now)

    def details(self, id_: IssueId) -> IssueDetails:
        """An issue's variants and batches, and whom the doubtful ones are for."""
        with reading(self.engine) as tx:
            return read_details(tx, id_)

    def cancel(self, id_: IssueId, reason: str, now: datetime) -> int:
        """Mail no more of an issue; its articles are owed again to those who did not get it.  Returns how many.

        What is under way or in doubt stays so until it is known; then the issue ends.
        """
        with writing(self.engine) as tx:
            return cancel(tx, id_, reason, now)

    def pause(self, id_: IssueId) -> bool:
        """Hand over nothing more of an issue.  False where it is not open, or being cancelled, or paused already."""
        with writing(self.engine) as tx:
            return pause(tx, id_)

    def resume(self, id_: IssueId) -> bool:
        """Let an issue go on, whatever holds it; False where nothing does."""
        with writing(self.engine) as tx:
            return resume(tx, id_)

    def review_canaries(self, limits: Callable[[str], CanaryLimits], now: datetime) -> Sequence[Halted]:
        """Let issues go on whose first recipients are content, by newsletter; halt the others and return them."""
        with writing(self.engine) as tx:
            return review_canaries(tx, limits, now)

    def retry_failed(self, id_: IssueId) -> Retried:
        """Put deliveries back to do that were rejected for a cause that was not their address."""
        with writing(self.engine) as tx:
            return retry_failed(tx, id_)

    def unbalanced(self, ids: Collection[IssueId] | None = None) -> Mapping[IssueId, str]:
        """The issues whose books do not balance, each with what is wrong; of all, or of these."""
        with reading(self.engine) as tx:
            return unbalanced(tx, ids)

    def shown(self, ids: Sequence[IssueId] | None = None, *, limit: int = 50) -> Sequence[Issue]:
        """Issues with their books, the newest slot first."""
        query = select(issue).order_by(issue.c.slot.desc(), issue.c.id.desc()).limit(limit)
        if ids is not None:
            query = query.where(issue.c.id.in_(ids))
        with reading(self.engine) as tx:
            rows = tx.execute(query).all()
            counts = books(tx, [row.id for row in rows])
        return [
            Issue(
                id=IssueId(row.id),
                uid=row.uid,
                key=_key(row),
                state=IssueState(row.state),
                reason=row.reason,
                frozen_at=row.frozen_at,
                finished_at=row.finished_at,
                books=counts[row.id],
                hold=None if row.hold is None else Hold(row.hold),
                hold_until=row.hold_until,
            )
            for row in rows
        ]


def _key(row: Row[tuple[object, ...]]) -> IssueKey:
    return IssueKey(newsletter=row.newsletter, cadence=row.cadence, zone=row.zone, slot=row.slot)
