"""What a store must hold before anything can be mailed from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.collect.collect import Backlog, Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed
from pipeline.collect.source import Collection, SourceState
from pipeline.domain.article import Content, Sighting
from pipeline.domain.audience import NewSubscriber
from pipeline.domain.issue import IMMEDIATE, IssueKey, Terms
from pipeline.domain.ledger import IssueId
from pipeline.domain.message import Message
from pipeline.store.store import Store

NEWSLETTER = "brief"
MESSAGE = Message(
    from_="Redaktion <redaktion@news.example.org>",
    subject="Neues",
    html="<p>Hallo __SUBST_unsubscribe_url__</p>",
    text="Hallo __SUBST_unsubscribe_url__",
    headers=(("List-Unsubscribe", "<__SUBST_unsubscribe_url__>"),),
)
TERMS = Terms(
    newsletter=NEWSLETTER, topics=frozenset(), language="de", zone="Europe/Berlin", local_time=False, batch_size=2
)


def sighting(key: str, text: str = "Text", topics: Sequence[str] = ("ki",), url: str | None = None) -> Sighting:
    content = Content(title=f"Titel {key}", html=f"<p>{text}</p>", topics=tuple(topics), url=url)
    return Sighting(key=key, raw_hash=f"{key} {text} {topics} {url}", content=content)


def show(
    store: Store,
    sightings: Iterable[Sighting],
    now: datetime,
    *,
    source: str = "artikel",
    settle: timedelta = timedelta(),
    backlog: Backlog = "all",
    complete: bool = False,
) -> Collected:
    """Let a source show these sightings, as a collection would."""
    rules = SourceRules(name=source, settle=settle, backlog=backlog, host="news.example.org")
    collection = Collection(sightings=list(sightings), state=SourceState(), complete=complete)
    return store.articles.record(rules, Completed(collection=collection, window=len(collection.sightings)), now)


def fail(store: Store, error: str, now: datetime, source: str = "artikel") -> None:
    """Let the collection of a source fail."""
    rules = SourceRules(name=source, settle=timedelta(), backlog="all", host="news.example.org")
    store.articles.record_failure(rules, Failure(error=error), now)


def subscribe(store: Store, now: datetime, *names: str, cadence: str = IMMEDIATE, topics: Sequence[str] = ()) -> None:
    people = [NewSubscriber(address=f"{name}@example.org", name=name, topics=tuple(topics)) for name in names]
    store.subscriptions.add_subscribers(people, NEWSLETTER, cadence, confirmed=True, now=now)


def freeze_immediate(store: Store, now: datetime, terms: Terms = TERMS) -> IssueId | None:
    """Release what has settled and freeze the immediate issue; its variants get a message that names their articles."""
    store.articles.release(now)
    slot = store.issues.immediate_slot(NEWSLETTER, terms.zone)
    if slot is None:
        return None
    key = IssueKey(newsletter=NEWSLETTER, cadence=IMMEDIATE, zone=terms.zone, slot=slot)
    return rendered(store, store.issues.freeze(key, terms, now))


def rendered(store: Store, issue: IssueId | None) -> IssueId | None:
    if issue is not None:
        for variant in store.issues.unrendered(issue):
            titles = "|".join(article.content.title for article in variant.articles)
            store.issues.keep_message(variant.id, replace(MESSAGE, subject=titles))
    return issue
