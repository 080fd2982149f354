"""Many subscribers at once: by the rule of `import_fate`, some thousand in a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice

from sqlalchemy import Connection, Engine, exists, select, update

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import (
    BARRED_BY_STANDING,
    ImportFate,
    NewSubscriber,
    Standing,
    SubscriptionState,
    address_key,
    import_fate,
)
from pipeline.store.database import reading, writing
from pipeline.store.groups import join_turn, last_release
from pipeline.store.placing import Groups
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, needed, suppress, suppressed
from pipeline.store.tables import consent_text, sign_up, subscriber, subscription

_PAGE = 2_000
IMPORTED = "import"
"""How a subscription ended that a list said to have ended."""

_Page = Mapping[str, NewSubscriber]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where people arrive, and how: ``consent`` are the words on what they agreed to, and how that can be shown."""

    newsletter: str
    cadence: str
    confirmed: bool
    consent: str
    now: datetime


def add_subscribers(engine: Engine, people: Iterable[NewSubscriber], to: Arrival, digests: Digests) -> ImportCounts:
    """Each page is a transaction, so that others may write in between; what is there already is left as it is.

    Whoever begins again after a crash adds those who are missing.
    """
    counts = dict.fromkeys(ImportFate, 0)
    for page in _pages(people):
        with writing(engine) as tx:
            join_turn(tx, to.newsletter)
            fates = _fates(tx, page, to.newsletter, digests)
            _let_go(tx, {key: page[key] for key in _of(fates, ImportFate.ENDED)}, to)
            _bar(tx, {key: page[key] for key in _of(fates, ImportFate.BARRED)}, to)
            _insert(tx, {key: page[key] for key in _of(fates, ImportFate.NEW, ImportFate.ENDED)}, to)
        for fate in fates.values():
            counts[fate] += 1
    return _import_counts(counts)


def expected_fates(engine: Engine, people: Iterable[NewSubscriber], newsletter: str, digests: Digests) -> ImportCounts:
    """What `add_subscribers` would do with these people; changes nothing."""
    counts = dict.fromkeys(ImportFate, 0)
    with reading(engine) as tx:
        for page in _pages(people):
            for fate in _fates(tx, page, newsletter, digests).values():
                counts[fate] += 1
    return _import_counts(counts)


def _pages(people: Iterable[NewSubscriber]) -> Iterator[_Page]:
    """Of two rows about one person in a page, one that says they have left counts more."""
    stream = iter(people)
    while some := list(islice(stream, _PAGE)):
        page: dict[str, NewSubscriber] = {}
        for person in some:
            key = address_key(person.address)
            if key not in page or person.standing is not Standing.SUBSCRIBED:
                page[key] = person
        yield page


def _of(fates: Mapping[str, ImportFate], *wanted: ImportFate) -> list[str]:
    return [key for key, fate in fates.items() if fate in wanted]


def _import_counts(counts: Mapping[ImportFate, int]) -> ImportCounts:
    return ImportCounts(**{fate.value: number for fate, number in counts.items()})


def _fates(tx: Connection, page: _Page, newsletter: str, digests: Digests) -> dict[str, ImportFate]:
    gone = suppressed(tx, list(page), needed(tx, digests))
    there = (
        select(subscriber.c.address_key, subscription.c.state)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscriber.c.address_key.in_(list(page)), subscription.c.newsletter == newsletter)
    )
    states = {key: SubscriptionState(state) for key, state in tx.execute(there)}
    own = _own(tx, [key for key in states if page[key].standing is Standing.UNSUBSCRIBED], newsletter)
    return {
        key: import_fate(states.get(key), suppressed=key in gone, standing=person.standing, own=key in own)
        for key, person in page.items()
    }


def _own(tx: Connection, keys: Sequence[str], newsletter: str) -> set[str]:
    """Those of them who came by themselves."""
    if not keys:
        return set()
    confirmed = exists().where(sign_up.c.subscription_id == subscription.c.id, sign_up.c.state == "confirmed")
    query = (
        select(subscriber.c.address_key)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscriber.c.address_key.in_(keys), subscription.c.newsletter == newsletter, confirmed)
    )
    return set(tx.execute(query).scalars())


def _let_go(tx: Connection, people: _Page, to: Arrival) -> None:
    """End the subscriptions that there are; the others are written down as ended."""
    if not people:
        return
    theirs = select(subscriber.c.id).where(subscriber.c.address_key.in_(people))
    ended = {
        "state": SubscriptionState.UNSUBSCRIBED,
        "changed_at": to.now,
        "ended_how": IMPORTED,
        "paused_until": None,
    }
    going = update(subscription).where(
        subscription.c.newsletter == to.newsletter, subscription.c.subscriber_id.in_(theirs)
    )
    tx.execute(going.values(ended))


def _bar(tx: Connection, people: _Page, to: Arrival) -> None:
    for key, person in people.items():
        suppress(tx, key, BARRED_BY_STANDING[person.standing], f"imported: {person.standing}", to.now)


def _insert(tx: Connection, people: _Page, to: Arrival) -> None:
    if not people:
        return
    groups = Groups(tx, to.newsletter, to.cadence, last_release(tx))
    ids = _subscribers(tx, people, to.now)
    words = _words(tx, to.consent)
    state = SubscriptionState.ACTIVE if to.confirmed else SubscriptionState.PENDING
    rows = [
        {
            "subscriber_id": ids[key],
            "newsletter": to.newsletter,
            "group_id": groups.of(person),
            "state": state if person.standing is Standing.SUBSCRIBED else SubscriptionState.UNSUBSCRIBED,
            "created_at": to.now,
            "confirmed_at": _agreed(person, to),
            "changed_at": to.now,
            "ended_how": None if person.standing is Standing.SUBSCRIBED else IMPORTED,
            "consent": words,
        }
        for key, person in people.items()
    ]
    tx.execute(insert_new(tx, subscription).on_conflict_do_nothing(), rows)


def _agreed(person: NewSubscriber, to: Arrival) -> datetime | None:
    if not to.confirmed:
        return None
    return min(person.agreed, to.now) if person.agreed else to.now


def _words(tx: Connection, consent: str) -> str | None:
    if not consent:
        return None
    digest = sha256(consent.encode()).hexdigest()
    tx.execute(insert_new(tx, consent_text).values(digest=digest, text=consent).on_conflict_do_nothing())
    return digest


def _subscribers(tx: Connection, people: _Page, now: datetime) -> dict[str, int]:
    rows = [
        {"address": person.address, "address_key": key, "name": person.name, "created_at": now}
        for key, person in people.items()
    ]
    tx.execute(insert_new(tx, subscriber).on_conflict_do_nothing(), rows)
    query = select(subscriber.c.address_key, subscriber.c.id).where(subscriber.c.address_key.in_(people))
    return {row.address_key: row.id for row in tx.execute(query)}
