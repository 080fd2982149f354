"""Events: recorded once each, with what they lead to in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, delete, func, select

from pipeline.deliver.event import Listed, NotGenuine, Once, Recorded
from pipeline.domain.audience import address_key
from pipeline.domain.event import Event, EventCounts, EventKind, EventRules
from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.store.database import reading, writing
from pipeline.store.event_attribution import Attributed, attribute
from pipeline.store.event_effects import Cause, suppress, take_effect
from pipeline.store.heard import Heard, heard_of
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, no_digests
from pipeline.store.tables import event, event_count, webhook_token

_T = TypeVar("_T")
_PAGE = 500
# Servers are polite when they take mail; what they said is of no interest then.
_WITHOUT_REASON = frozenset({EventKind.ACCEPTED, EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """The events of one store."""

    engine: Engine
    digests: Digests = no_digests

    def record(
        self, provider: str, events: Sequence[Event], now: datetime, rules: EventRules, once: Once | None = None
    ) -> Recorded:
        """Record what a provider told us, in one transaction; what was told before changes nothing.

        ``once`` is what the request has that comes once only.  Raises `NotGenuine` where it came before with something
        else, and then nothing is recorded.
        """
        with writing(self.engine) as tx:
            if once is not None and not _first_time(tx, provider, once, now):
                return Recorded(repeated=len(events))
            recorded = Recorded()
            # In one order, so that two processes that are told the same don't wait for each other.
            for page in _pages(sorted(events, key=lambda one: one.id)):
                recorded += self._record_page(tx, provider, page, now, rules)
        return recorded

    def _record_page(
        self, tx: Connection, provider: str, page: Sequence[Event], now: datetime, rules: EventRules
    ) -> Recorded:
        recent = {one.id: one for one in page if one.at is None or one.at >= now - rules.keep}
        old = sum(one.at is not None and one.at < now - rules.keep for one in page)
        ours = attribute(tx, list(recent.values()))
        new_ids = _insert(tx, provider, ours, now)
        new = [one for one in ours if one.event.id in new_ids]
        suppressed, ended = take_effect(tx, new, Cause(provider, rules, self.digests, now)) if new else (0, 0)
        foreign = len(recent) - len(ours)
        return Recorded(
            new=len(new),
            repeated=len(page) - old - foreign - len(new),
            foreign=foreign,
            old=old,
            suppressed=suppressed,
            ended=ended,
        )

    def heard_of(self) -> Mapping[str, Heard]:
        """When something was last heard of each provider."""
        with reading(self.engine) as tx:
            return heard_of(tx)

    def rates(self, issue: IssueId) -> EventCounts:
        """How many recipients of an issue had each kind of event: one look into an index."""
        told = (
            select(event.c.kind, func.count(func.distinct(event.c.subscriber_id)))
            .where(event.c.issue_id == issue)
            .group_by(event.c.kind)
        )
        kept = select(event_count.c.kind, event_count.c.recipients).where(event_count.c.issue_id == issue)
        found: dict[EventKind, int] = {}
        with reading(self.engine) as tx:
            for query in (told, kept):
                for kind, number in tx.execute(query):
                    found[EventKind(kind)] = found.get(EventKind(kind), 0) + number
        return EventCounts(by_kind={kind: found[kind] for kind in EventKind if found.get(kind)})

    def told_of(self, issue: IssueId) -> frozenset[SubscriberId]:
        """Those of an issue's audience whom an event was about: it was accepted for them, whatever the answer was."""
        query = select(event.c.subscriber_id).where(event.c.issue_id == issue, event.c.subscriber_id.is_not(None))
        with reading(self.engine) as tx:
            return frozenset(tx.execute(query.where(event.c.kind != EventKind.UNKNOWN).distinct()).scalars())

    def suppress_listed(self, provider: str, listed: Iterable[Listed], now: datetime) -> tuple[int, int]:
        """Suppress what is on a provider's own lists; returns how many there are, and how many are new here."""
        read = new = 0
        with writing(self.engine) as tx:
            for page in _pages(listed):
                read += len(page)
                found = {
                    address_key(one.address): (one.reason, f"list of {provider}: {one.detail}".rstrip(": "))
                    for one in page
                }
                new += suppress(tx, found, self.digests, now)
        return read, new

    def prune(self, now: datetime, rules: EventRules) -> int:
        """Keep only the numbers of issues whose last event is older than the rules say; returns how many events go."""
        before = now - rules.keep
        old = select(event.c.issue_id).where(event.c.issue_id.is_not(None)).group_by(event.c.issue_id)
        with writing(self.engine) as tx:
            issues = list(tx.execute(old.having(func.max(event.c.at) < before)).scalars())
            gone = 0
            for issue in issues:
                _keep_counts(tx, issue)
                gone += tx.execute(delete(event).where(event.c.issue_id == issue)).rowcount
            gone += tx.execute(delete(event).where(event.c.issue_id.is_(None), event.c.at < before)).rowcount
            tx.execute(delete(webhook_token).where(webhook_token.c.until < now))
        return gone


def _insert(tx: Connection, provider: str, ours: Sequence[Attributed], now: datetime) -> Collection[str]:
    """The ids of those that were not there yet."""
    if not ours:
        return ()
    rows = [
        {
            "provider": provider,
            "event_id": one.event.id,
            "kind": one.event.kind,
            # Clocks differ, and nothing has happened yet that is to come.
            "at": min(one.event.at or now, now),
            "issue_id": one.issue,
            "subscriber_id": one.subscriber,
            "reason": "" if one.event.kind in _WITHOUT_REASON else one.reason,
            "raw": one.event.raw or None,
        }
        for one in ours
    ]
    made = insert_new(tx, event).on_conflict_do_nothing().returning(event.c.event_id)
    return set(tx.execute(made, rows).scalars())


def _first_time(tx: Connection, provider: str, once: Once, now: datetime) -> bool:
    """Whether it has not been there yet.  Raises `NotGenuine` where it has, with something else."""
    tx.execute(delete(webhook_token).where(webhook_token.c.until < now))
    row = {"provider": provider, "token": once.key, "digest": once.digest, "until": once.until}
    made = insert_new(tx, webhook_token).values(row).on_conflict_do_nothing().returning(webhook_token.c.token)
    if tx.execute(made).one_or_none() is not None:
        return True
    known = select(webhook_token.c.digest).where(
        webhook_token.c.provider == provider, webhook_token.c.token == once.key
    )
    if tx.execute(known).scalar_one() != once.digest:
        raise NotGenuine("it came before, with something else")
    return False


def _keep_counts(tx: Connection, issue: int) -> None:
    counted = (
        select(event.c.kind, func.count(func.distinct(event.c.subscriber_id)).label("recipients"))
        .where(event.c.issue_id == issue)
        .group_by(event.c.kind)
    )
    rows = [{"issue_id": issue, "kind": row.kind, "recipients": row.recipients} for row in tx.execute(counted)]
    made = insert_new(tx, event_count)
    more = event_count.c.recipients + made.excluded.recipients
    tx.execute(made.on_conflict_do_update(index_elements=["issue_id", "kind"], set_={"recipients": more}), rows)


def _pages(items: Iterable[_T]) -> Iterator[list[_T]]:
    stream = iter(items)
    while page := list(islice(stream, _PAGE)):
        yield page
