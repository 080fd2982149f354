"""What is known of a person and an article, and what follows from it: the evidence, and the explanation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.article import ArticleId
from pipeline.domain.audience import SubscriptionId, SubscriptionState, Suppression
from pipeline.domain.event import EventKind
from pipeline.domain.issue import Hold, IssueState, Terms
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, SubscriberId
from pipeline.domain.standstill import Standstill


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFacts:
    """An article's way to mail.

    ``collected`` is when it was first seen, ``settles`` when its newest revision counts as settled.  ``mailable`` is
    false for the backlog of a new source.  ``topics`` are keys, ``sources`` all that ever showed it.
    """

    id: ArticleId
    title: str
    url: str | None
    revision: int
    collected: datetime
    sources: tuple[str, ...]
    settles: datetime
    mailable: bool
    release: int | None
    released: datetime | None
    retracted: datetime | None
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What a provider told of a delivery later."""

    kind: EventKind
    at: datetime
    provider: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """The delivery of one issue that carries the article to the person.

    ``place`` of ``articles`` is where the article stands in it, in ``revision``.  ``before`` is the cursor that the
    subscription stood at, None where that is not known; ``upto`` is what the issue covered for everybody.
    ``outcome`` is None while it is to do or in doubt; then ``batch_state`` tells.
    """

    issue: IssueId
    cadence: str
    zone: str
    slot: datetime
    frozen: datetime
    state: IssueState
    hold: Hold | None
    hold_until: datetime | None
    why_held: str
    upto: int
    before: int | None
    variant: int
    language: str
    place: int
    articles: int
    revision: int
    outcome: OutcomeKind | None
    reason: str
    provider_ref: str | None
    batch: uuid.UUID | None
    batch_state: BatchState | None
    provider: str | None
    attempts: int
    submitted: datetime | None
    not_before: datetime | None
    error: str
    events: tuple[EventFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFacts:
    """A slot of the subscription's that ended without an issue since the article was released."""

    issue: IssueId
    slot: datetime
    state: IssueState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFacts:
    """A subscription, where it stands, and what its issues did about the article.

    ``topics`` are the chosen keys, empty for all.  ``cursor`` is the last release number that was covered for it.
    ``owed`` tells whether its next issue owes it the article, ``debts`` how many articles that owes it in all;
    ``ahead`` how many released articles that it gets stand between its cursor and this one.
    ``deliveries`` and ``slots`` come in the order of their issues.
    """

    id: SubscriptionId
    newsletter: str
    cadence: str
    timezone: str | None
    language: str | None
    state: SubscriptionState
    since: datetime
    confirmed: datetime | None
    changed: datetime
    ended_how: str | None
    paused_until: datetime | None
    topics: frozenset[str]
    cursor: int
    owed: bool
    debts: int
    ahead: int
    deliveries: tuple[DeliveryFacts, ...] = ()
    slots: tuple[SlotFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the store knows of a person and an article.

    ``person`` is None where nobody has subscribed with that address.  ``asked`` are newsletters that somebody signed up
    for with it, and when, and has not confirmed.  ``standstill`` is the hold on all mailing, if there is one.
    """

    article: ArticleFacts
    person: SubscriberId | None
    suppression: Suppression | None
    asked: tuple[tuple[str, datetime], ...]
    subscriptions: tuple[SubscriptionFacts, ...]
    standstill: Standstill | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What the configuration says of a subscription.

    ``terms`` is None for a newsletter that is not configured.  ``scheduled`` tells whether its cadence is; ``due`` is
    its next slot (aware, UTC), None where the next run is it.
    """

    terms: Terms | None = None
    scheduled: bool = False
    due: datetime | None = None


class Fate(StrEnum):
    """What became, or will become, of an article for a subscription."""

    HAS = "has"
    """A provider accepted it."""
    FAILED = "failed"
    """It was handed over, and the recipient's server refused it."""
    UNDER_WAY = "under_way"
    """It is in an issue that has still to be handed over."""
    IN_DOUBT = "in_doubt"
    COMES = "comes"
    """The next issue carries it, or one after that."""
    WAITS = "waits"
    """It comes if something else happens first."""
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One link of the chain, in words for people.  ``at`` is when it happened, or will; aware, UTC."""

    code: str
    what: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why: ``reasons`` with the one that decided first, and the ``chain`` of what happened, oldest first.

    ``newsletter`` is "" where there is no subscription.
    """

    newsletter: str
    fate: Fate
    reasons: tuple[Statement, ...]
    chain: tuple[Statement, ...] = ()
