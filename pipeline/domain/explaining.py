"""Why a person got, will get or did not get an article: decided from the evidence alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo

from pipeline.domain.audience import SubscriptionState
from pipeline.domain.delivering import chain_of_delivery, clock_time, fate_of_delivery
from pipeline.domain.explanation import (
    ArticleFacts,
    Evidence,
    Explanation,
    Fate,
    Prospect,
    Statement,
    SubscriptionFacts,
)
from pipeline.domain.issue import IMMEDIATE, Terms

_LAST = datetime.max.replace(tzinfo=UTC)
_TO_COME = frozenset({Fate.UNDER_WAY, Fate.COMES, Fate.WAITS})
_OVER = frozenset({Fate.HAS, Fate.FAILED, Fate.UNDER_WAY, Fate.IN_DOUBT})


def explain(evidence: Evidence, prospects: Mapping[str, Prospect], now: datetime, zone: tzinfo) -> list[Explanation]:
    """One explanation for each subscription of the person; one without a newsletter where there is none.

    ``prospects`` are by newsletter.  Times within sentences are on the wall clock of ``zone``.
    """
    if not evidence.subscriptions:
        return [_nobody(evidence)]
    return [_of(evidence, one, prospects.get(one.newsletter, Prospect()), now, zone) for one in evidence.subscriptions]


def _nobody(evidence: Evidence) -> Explanation:
    asked = [
        Statement(
            code="unconfirmed", what=f"A sign-up for {name} has not been confirmed yet: no mail goes there.", at=at
        )
        for name, at in evidence.asked
    ]
    nobody = Statement(code="not-subscribed", what="Nobody is subscribed with this address.")
    return Explanation(newsletter="", fate=Fate.NOT, reasons=(*asked, nobody, *_suppressed(evidence)))


def _of(evidence: Evidence, mine: SubscriptionFacts, prospect: Prospect, now: datetime, zone: tzinfo) -> Explanation:
    chain = [*_way(evidence.article), *_standing(mine, zone), *_passed(mine)]
    for delivery in mine.deliveries:
        chain += chain_of_delivery(delivery, prospect.terms, zone)
    chain.sort(key=lambda one: one.at or _LAST)
    fate, reasons = _decided(evidence, mine, prospect, now, zone)
    if fate in _TO_COME and evidence.standstill is not None:
        held = evidence.standstill
        reasons.append(Statement(code="on-hold", what=f"{held.said(zone)}.", at=held.since))
    return Explanation(newsletter=mine.newsletter, fate=fate, reasons=tuple(reasons), chain=tuple(chain))


def _decided(
    evidence: Evidence, mine: SubscriptionFacts, prospect: Prospect, now: datetime, zone: tzinfo
) -> tuple[Fate, list[Statement]]:
    failed: list[Statement] = []
    if mine.deliveries:
        fate, reason = fate_of_delivery(mine.deliveries[-1], zone)
        if fate in _OVER or not mine.owed:
            return fate, [reason]
        failed.append(reason)
    article = evidence.article
    never = [*_never(article), *_blocked(evidence, mine, zone), *_unconfigured(mine, prospect)]
    if never:
        return Fate.NOT, [*never, *failed]
    if prospect.terms is None:
        msg = "a newsletter that is not configured is among the reasons already"
        raise AssertionError(msg)
    if not mine.owed and article.release is not None and mine.cursor >= article.release:
        return Fate.NOT, [_passed_over(article, mine, prospect.terms, zone)]
    if not mine.owed and not _gets(article, mine, prospect.terms):
        return Fate.NOT, [_other_topics(article, mine, prospect.terms)]
    waits = list(_waits(article, now, zone))
    return (Fate.WAITS if waits else Fate.COMES), [*waits, _comes(mine, prospect, prospect.terms), *failed]


def _never(article: ArticleFacts) -> Iterator[Statement]:
    if not article.mailable:
        yield Statement(
            code="backlog",
            what="It was there before its source was collected for the first time: such articles go to the feeds, and"
            " only as many to mail as `backlog` in [[sources]] says.",
            at=article.collected,
        )
    elif article.release is None and article.retracted is not None:
        what = "Its source took it back before it was released. If it comes back, mail carries it."
        yield Statement(code="retracted", what=what, at=article.retracted)


def _blocked(evidence: Evidence, mine: SubscriptionFacts, zone: tzinfo) -> Iterator[Statement]:
    """Why the person gets no mail at all from this newsletter now."""
    match mine.state:
        case SubscriptionState.PENDING:
            what = "The subscription has not been confirmed yet."
            yield Statement(code="unconfirmed", what=what, at=mine.since)
        case SubscriptionState.UNSUBSCRIBED:
            how = f" ({mine.ended_how})" if mine.ended_how else ""
            yield Statement(code="unsubscribed", what=f"The subscription has ended{how}.", at=mine.changed)
        case SubscriptionState.PAUSED:
            until = f" until {clock_time(mine.paused_until, zone)}" if mine.paused_until else ""
            what = f"The subscription is paused{until}; what is released meanwhile is not mailed afterwards."
            yield Statement(code="paused", what=what, at=mine.changed)
        case SubscriptionState.ACTIVE:
            pass
    yield from _suppressed(evidence)


def _suppressed(evidence: Evidence) -> Iterator[Statement]:
    found = evidence.suppression
    if found is not None:
        detail = f": {found.detail}" if found.detail else ""
        what = f"The address is suppressed ({found.reason.value.replace('_', ' ')}{detail}): no newsletter mails it."
        yield Statement(code="suppressed", what=what, at=found.since)


def _unconfigured(mine: SubscriptionFacts, prospect: Prospect) -> Iterator[Statement]:
    if prospect.terms is None:
        yield Statement(code="no-newsletter", what=f"The newsletter {mine.newsletter} is not configured (any more).")
    elif not prospect.scheduled:
        what = f"The cadence {mine.cadence} of {mine.newsletter} is not configured (any more): no slot comes for it."
        yield Statement(code="no-cadence", what=what)


def _gets(article: ArticleFacts, mine: SubscriptionFacts, terms: Terms) -> bool:
    return all(not chosen or not chosen.isdisjoint(article.topics) for chosen in (terms.topics, mine.topics))


def _other_topics(article: ArticleFacts, mine: SubscriptionFacts, terms: Terms) -> Statement:
    has = f"The article has {_listed(article.topics)}"
    if terms.topics and terms.topics.isdisjoint(article.topics):
        return Statement(code="topic-not-carried", what=f"{has}; {mine.newsletter} carries {_listed(terms.topics)}.")
    return Statement(code="topic-not-chosen", what=f"{has}; the person chose {_listed(mine.topics)}.")


def _passed_over(article: ArticleFacts, mine: SubscriptionFacts, terms: Terms, zone: tzinfo) -> Statement:
    """Why the cursor stands behind the article, and no issue carried it."""
    began = mine.confirmed or mine.since
    if article.released is not None and began >= article.released:
        what = "The subscription began after the article was released: it gets what is released from then on."
        return Statement(code="before-subscription", what=what, at=began)
    if not _gets(article, mine, terms):
        return _other_topics(article, mine, terms)
    what = (
        f"It was covered (cursor {mine.cursor}, release {article.release}) without being mailed: at that time the"
        " subscription was away, or the article had none of its topics; topics count when an issue is put together."
    )
    if article.released is not None and mine.changed > article.released:
        what += f" The subscription was changed at {clock_time(mine.changed, zone)}."
    return Statement(code="passed-over", what=what)


def _waits(article: ArticleFacts, now: datetime, zone: tzinfo) -> Iterator[Statement]:
    if article.retracted is not None:
        what = "Its source has taken it back. It is owed, and mailed with the issue after it has come back."
        yield Statement(code="retracted", what=what, at=article.retracted)
    elif article.release is None and article.settles > now:
        settled = clock_time(article.settles, zone)
        what = f"It has not settled: unless it changes again, the first run after {settled} releases it."
        yield Statement(code="unsettled", what=what, at=article.settles)


def _comes(mine: SubscriptionFacts, prospect: Prospect, terms: Terms) -> Statement:
    owed = "It is owed, because a delivery failed or it was away for a while. " if mine.owed else ""
    place = 0 if mine.owed else mine.debts + mine.ahead
    later = place // terms.most
    if mine.cadence == IMMEDIATE or prospect.due is None:
        which = "The next run mails it." if not later else f"It comes {later + 1} issues from now."
    else:
        which = "The issue of that slot carries it." if not later else f"It comes {later} issues after that slot."
    why = f" An issue carries {terms.most} articles, and {place} are before it." if later else ""
    return Statement(code="owed" if mine.owed else "comes", what=f"{owed}{which}{why}", at=prospect.due)


def _way(article: ArticleFacts) -> Iterator[Statement]:
    by = " and ".join(article.sources) or "a source that is forgotten"
    yield Statement(code="collected", what=f"Collected from {by}.", at=article.collected)
    if article.release is not None:
        what = f"Released as number {article.release}, with {_listed(article.topics)}."
        yield Statement(code="released", what=what, at=article.released)
    if article.retracted is not None:
        yield Statement(code="retracted", what="Taken back by its source.", at=article.retracted)


def _standing(mine: SubscriptionFacts, zone: tzinfo) -> Iterator[Statement]:
    confirmed = f", confirmed at {clock_time(mine.confirmed, zone)}" if mine.confirmed not in (None, mine.since) else ""
    what = f"Subscribed to {mine.newsletter}{confirmed}."
    yield Statement(code="subscribed", what=what, at=mine.since)
    chosen = _listed(mine.topics) if mine.topics else "every topic"
    stands = f"It stands at {mine.cursor}: {mine.cadence}, {chosen}."
    yield Statement(code="stands", what=stands)


def _passed(mine: SubscriptionFacts) -> Iterator[Statement]:
    for one in mine.slots:
        what = f"The slot was {one.state.value}: {one.reason}. Nothing is lost by that."
        yield Statement(code=f"slot-{one.state.value}", what=what, at=one.slot)


def _listed(topics: frozenset[str]) -> str:
    if not topics:
        return "no topic"
    return f"the topic{'s' if len(topics) > 1 else ''} {', '.join(sorted(topics))}"
