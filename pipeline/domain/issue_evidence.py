"""How an issue came about and what became of it: the evidence, and the chain of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from pipeline.domain.event import EventCounts
from pipeline.domain.explanation import Statement
from pipeline.domain.issue import Hold, Issue, IssueState
from pipeline.domain.ledger import BatchState, OutcomeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """A variant, and where the subscriptions stood that it was made for: cursors from ``lowest`` to ``highest``."""

    number: int
    language: str
    articles: int
    corrections: int
    batches: int
    groups: int
    lowest: int
    highest: int
    rendered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """The batches of an issue that stand alike.  ``tries`` are the most attempts that one of them took."""

    provider: str | None
    state: BatchState
    batches: int
    tries: int
    first: datetime | None
    last: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFacts:
    """How many deliveries ended without being accepted, for one reason."""

    outcome: OutcomeKind
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvidence:
    """All that an issue's way is told from.  ``reasons`` are the most frequent ones."""

    issue: Issue
    upto: int
    variants: tuple[VariantFacts, ...]
    batches: tuple[BatchFacts, ...]
    reasons: tuple[ReasonFacts, ...]
    events: EventCounts


_AT_ONCE = timedelta(minutes=1)
_HELD = {
    Hold.PAUSED: "It is paused: nothing more is handed over",
    Hold.CANARY: "Its first recipients have it; the others wait for what comes back",
    Hold.HALTED: "It was halted: too much came back from its first recipients",
    Hold.CANCELLING: "It is being cancelled; what is under way or in doubt is waited for",
}
_STANDS = {
    BatchState.READY: "{many} to be handed over",
    BatchState.CLAIMED: "{many} about to be handed over",
    BatchState.SUBMITTING: "{many} under way to {provider}",
    BatchState.RETRY_WAIT: "{many} to be tried again",
    BatchState.IN_DOUBT: "{many} in doubt: {provider} may or may not have taken them",
    BatchState.ACCEPTED: "{provider} accepted {many}",
    BatchState.REJECTED: "{provider} refused {many}",
    BatchState.CANCELLED: "{many} cancelled",
}


def issue_chain(evidence: IssueEvidence, zone: tzinfo) -> tuple[Statement, ...]:
    """What happened to an issue, in order."""
    issue = evidence.issue
    said = [Statement(code="slot", what=f"The slot of {issue.key.cadence} for {issue.key.zone}.", at=issue.key.slot)]
    if issue.state in (IssueState.SKIPPED, IssueState.MISSED):
        what = f"It was {issue.state.value}: {issue.reason}. What it would have carried comes with a later issue."
        return (*said, Statement(code=issue.state.value, what=what, at=issue.finished_at))
    groups = sum(one.groups for one in evidence.variants)
    what = (
        f"It was put together for {_many(issue.books.audience, 'subscription')} in {_many(groups, 'group')}, of what"
        f" was released up to number {evidence.upto}: {_many(len(evidence.variants), 'variant')}."
    )
    said.append(Statement(code="frozen", what=what, at=issue.frozen_at))
    said += map(_variant, evidence.variants)
    said += _batches(evidence, zone)
    said += map(_reason, evidence.reasons)
    told = [f"{number} {kind.value.replace('_', ' ')}" for kind, number in evidence.events.by_kind.items()]
    if told:
        said.append(Statement(code="events", what=f"Providers have told since, of recipients: {', '.join(told)}."))
    return (*said, *_end(issue))


def _variant(one: VariantFacts) -> Statement:
    stood = f"at {one.lowest}" if one.lowest == one.highest else f"between {one.lowest} and {one.highest}"
    corrections = f" and {_many(one.corrections, 'correction')}" if one.corrections else ""
    rendered = "" if one.rendered else "; it has not been rendered"
    what = (
        f"Variant {one.number} ({one.language}): {_many(one.articles, 'article')}{corrections}, in"
        f" {_many(one.batches, 'batch')}, for subscriptions that stood {stood}{rendered}."
    )
    return Statement(code="variant", what=what)


def _batches(evidence: IssueEvidence, zone: tzinfo) -> Iterator[Statement]:
    for one in evidence.batches:
        many = _many(one.batches, "batch")
        what = _STANDS[one.state].format(many=many, provider=one.provider or "a provider")
        if one.first and one.last and one.last - one.first > _AT_ONCE:
            what += f", the last at {one.last.astimezone(zone):%Y-%m-%d %H:%M}"
        what += f", at the attempt {one.tries} at most" if one.tries > 1 else ""
        what += f" ({one.error.rstrip('.')})" if one.error else ""
        yield Statement(code=f"batches-{one.state.value}", what=f"{what}.", at=one.first)


def _reason(one: ReasonFacts) -> Statement:
    why = f": {one.reason.replace('_', ' ').rstrip('.')}" if one.reason else ""
    what = f"{_many(one.deliveries, 'delivery')} {one.outcome.value}{why}."
    return Statement(code=f"deliveries-{one.outcome.value}", what=what)


def _end(issue: Issue) -> Iterator[Statement]:
    books = issue.books
    if issue.hold is not None:
        why = f" ({issue.reason})" if issue.reason else ""
        yield Statement(code=issue.hold.value, what=f"{_HELD[issue.hold]}{why}.", at=issue.hold_until)
    if issue.state is IssueState.OPEN:
        what = f"{books.to_do} are to do, and {books.in_doubt} in doubt."
        yield Statement(code="open", what=what)
    else:
        why = f" ({issue.reason})" if issue.state is IssueState.CANCELLED and issue.reason else ""
        what = f"It was {issue.state.value}{why}: {books.accepted} of {books.audience} were accepted."
        yield Statement(code=issue.state.value, what=what, at=issue.finished_at)


def _many(number: int, what: str) -> str:
    plural = {"batch": "batches", "delivery": "deliveries"}.get(what, f"{what}s")
    return f"{number} {what if number == 1 else plural}"
