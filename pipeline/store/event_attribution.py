"""Which delivery, or at least which subscriber, an event is about."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from email.utils import parseaddr
from typing import NamedTuple

import idna
from sqlalchemy import Connection, select

from pipeline.domain.audience import SubscriptionId, address_key
from pipeline.domain.event import Event
from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.store.tables import batch, delivery, issue, subscriber


class Attributed(NamedTuple):
    """An event and what it is about.

    ``address_key`` is the address that it names, else the subscriber's.  Without an issue it is about other mail that
    went to a subscriber of ours by the same provider.
    """

    event: Event
    address_key: str
    issue: IssueId | None = None
    subscriber: SubscriberId | None = None
    subscription: SubscriptionId | None = None

    @property
    def reason(self) -> str:
        """What was said, without the address, which is kept where the subscriber is and nowhere else."""
        if not self.address_key:
            return self.event.reason
        return re.sub(re.escape(self.address_key), "…", self.event.reason, flags=re.IGNORECASE)


def attribute(tx: Connection, events: Sequence[Event]) -> list[Attributed]:
    """Those of the events that are about somebody of ours.

    Left out is what names a batch or an issue that is not in the ledger: a test, or another installation's; and what
    names none, and an address that nobody has subscribed with.
    """
    issues = _issues(tx, events)
    keys = [_key(event.recipient) for event in events]
    people = _people(tx, {key for event, key in zip(events, keys, strict=True) if key and event.subscriber is None})
    named: list[tuple[Event, str, IssueId, SubscriberId | None]] = []
    found: list[Attributed] = []
    for event, key in zip(events, keys, strict=True):
        person = event.subscriber if event.subscriber is not None else people.get(key)
        if event.batch is None and event.issue is None and event.number is None:
            if event.subscriber is None and person is not None:
                found.append(Attributed(event, key, subscriber=person))
            continue
        number = event.number or issues.get(event.batch) or issues.get(event.issue)
        if number is not None:
            named.append((event, key, number, person))
    deliveries = _deliveries(tx, ((number, person) for _, _, number, person in named if person is not None))
    for event, key, number, person in named:
        if person is None:
            # Whoever it was has been erased; what happened to the address still counts.
            if key:
                found.append(Attributed(event, key, issue=number))
        elif (number, person) in deliveries:
            subscription, own_key = deliveries[number, person]
            found.append(Attributed(event, key or own_key, number, person, subscription))
    return found


def _key(recipient: str) -> str:
    """The form in which we compare addresses; providers name domains as DNS does."""
    address = parseaddr(recipient)[1] if "<" in recipient else recipient
    local, at, domain = address.rpartition("@")
    if at and "xn--" in domain.lower():
        try:
            domain = idna.decode(domain)
        except idna.IDNAError:
            return address_key(address)
    return address_key(f"{local}{at}{domain}") if at else ""


def _issues(tx: Connection, events: Sequence[Event]) -> dict[uuid.UUID | None, IssueId]:
    """The number of each issue, by its batches' ids and its own uid."""
    batches = {event.batch for event in events if event.batch}
    uids = {event.issue for event in events if event.issue}
    found: dict[uuid.UUID | None, IssueId] = {}
    if batches:
        found |= {
            row.id: row.issue_id
            for row in tx.execute(select(batch.c.id, batch.c.issue_id).where(batch.c.id.in_(batches)))
        }
    if uids:
        found |= {row.uid: row.id for row in tx.execute(select(issue.c.uid, issue.c.id).where(issue.c.uid.in_(uids)))}
    return found


def _people(tx: Connection, keys: set[str]) -> dict[str, SubscriberId]:
    if not keys:
        return {}
    query = select(subscriber.c.address_key, subscriber.c.id).where(subscriber.c.address_key.in_(keys))
    return {row.address_key: row.id for row in tx.execute(query)}


def _deliveries(
    tx: Connection, wanted: Iterable[tuple[IssueId, SubscriberId]]
) -> dict[tuple[IssueId, SubscriberId], tuple[SubscriptionId, str]]:
    """The subscription and the address of each delivery that there is."""
    by_issue: defaultdict[IssueId, set[SubscriberId]] = defaultdict(set)
    for number, person in wanted:
        by_issue[number].add(person)
    found = {}
    for number, people in by_issue.items():
        query = (
            select(delivery.c.subscriber_id, delivery.c.subscription_id, subscriber.c.address_key)
            .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
            .where(delivery.c.issue_id == number, delivery.c.subscriber_id.in_(people))
        )
        for row in tx.execute(query):
            found[number, row.subscriber_id] = (SubscriptionId(row.subscription_id), row.address_key or "")
    return found
