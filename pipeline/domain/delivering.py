"""What became of a delivery, in words: how an issue came by it, who answered what, and what was told later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from pipeline.domain.event import EventKind
from pipeline.domain.explanation import DeliveryFacts, EventFacts, Fate, Statement
from pipeline.domain.issue import Hold, Terms
from pipeline.domain.ledger import BatchState, OutcomeKind

_REFUSED = frozenset({EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE, EventKind.REJECTED})
_TOLD = {
    EventKind.ACCEPTED: "The provider has it",
    EventKind.DELIVERED: "The recipient's server took it",
    EventKind.DEFERRED: "The recipient's server asked to be tried later",
    EventKind.HARD_BOUNCE: "It bounced: there is no such mailbox",
    EventKind.SOFT_BOUNCE: "It bounced, though the mailbox is there",
    EventKind.COMPLAINED: "The recipient called it spam",
    EventKind.UNSUBSCRIBED: "The recipient unsubscribed at the provider",
    EventKind.OPENED: "It was opened",
    EventKind.CLICKED: "A link in it was opened",
    EventKind.REJECTED: "The provider did not try",
    EventKind.UNKNOWN: "Something was told that is not understood",
}


def fate_of_delivery(one: DeliveryFacts, zone: tzinfo) -> tuple[Fate, Statement]:
    """What became of it, and why; ``NOT`` where nothing was handed over, so that it may be owed."""
    match one.outcome:
        case OutcomeKind.ACCEPTED:
            refused = next((event for event in reversed(one.events) if event.kind in _REFUSED), None)
            delivered = [event.at for event in one.events if event.kind is EventKind.DELIVERED]
            if refused is not None and not any(at >= refused.at for at in delivered):
                return Fate.FAILED, Statement(code="bounced", what=f"{_told(refused)}.", at=refused.at)
            what = f"Issue {one.issue} carried it, and {one.provider or 'its provider'} accepted it."
            return Fate.HAS, Statement(code="accepted", what=what, at=one.submitted)
        case OutcomeKind.REJECTED:
            what = f"{one.provider or 'The provider'} refused the message of issue {one.issue}{_said(one.reason)}."
            return Fate.NOT, Statement(code="rejected", what=what, at=one.submitted)
        case OutcomeKind.SUPPRESSED:
            why = f" ({one.reason.replace('_', ' ')})" if one.reason else ""
            what = f"The address was suppressed{why} when issue {one.issue} was put together."
            return Fate.NOT, Statement(code="suppressed", what=what, at=one.frozen)
        case OutcomeKind.CANCELLED:
            what = f"Issue {one.issue} was cancelled before it was handed over{_said(one.reason)}."
            return Fate.NOT, Statement(code="cancelled", what=what)
        case _:
            return _unsettled(one, zone)


def chain_of_delivery(one: DeliveryFacts, terms: Terms | None, zone: tzinfo) -> Iterator[Statement]:
    """How it came about, oldest first."""
    stood = "" if one.before is None else f" The subscription stood at {one.before}; the issue covers up to {one.upto}."
    what = (
        f"Issue {one.issue} ({one.cadence}, slot {clock_time(one.slot, zone)}) was put together: the article is"
        f" {one.place} of {one.articles} in variant {one.variant} ({one.language}), in revision {one.revision}.{stood}"
    )
    yield Statement(code="issue", what=what, at=one.frozen)
    if terms is not None and terms.shown is not None and one.place > terms.shown:
        what = f"It is there as a link only: an issue shows {terms.shown} articles (`max_articles`)."
        yield Statement(code="link-only", what=what, at=one.frozen)
    if one.submitted is not None:
        tries = f", attempt {one.attempts}" if one.attempts > 1 else ""
        what = f"Batch {one.batch} was handed to {one.provider}{tries}."
        yield Statement(code="submitted", what=what, at=one.submitted)
    _, outcome = fate_of_delivery(one, zone)
    if outcome.code == "accepted":
        ref = f" as {one.provider_ref}" if one.provider_ref else ""
        by = " by a person's decision" if one.reason == "decided by a person" else ""
        yield Statement(
            code="accepted", what=f"{one.provider or 'The provider'} accepted it{ref}{by}.", at=one.submitted
        )
    elif outcome.code != "bounced":
        yield outcome
    for event in one.events:
        yield Statement(code=f"event-{event.kind.value}", what=f"{_told(event)} ({event.provider}).", at=event.at)


def _unsettled(one: DeliveryFacts, zone: tzinfo) -> tuple[Fate, Statement]:
    """Why it has no outcome yet."""
    if one.batch_state is BatchState.IN_DOUBT:
        what = (
            f"Nobody knows whether {one.provider} took it{_said(one.error)}. It is not sent again until that is known:"
            f" `rundbrief issues resolve {one.issue}`."
        )
        return Fate.IN_DOUBT, Statement(code="in-doubt", what=what, at=one.submitted)
    if one.batch_state is BatchState.SUBMITTING:
        return Fate.UNDER_WAY, Statement(
            code="submitting", what=f"It is being handed to {one.provider}.", at=one.submitted
        )
    if one.hold is not None:
        until = f" until {clock_time(one.hold_until, zone)}" if one.hold_until else ""
        words = {
            Hold.PAUSED: "is paused",
            Hold.CANARY: f"waits for what comes back from its first recipients{until}",
            Hold.HALTED: "was halted because of what came back from its first recipients",
            Hold.CANCELLING: "is being cancelled",
            Hold.SAVED: "is a saved plan that nobody has sent yet",
            Hold.SLOT: "is a saved plan that goes out at its slot",
        }
        what = f"Issue {one.issue} {words[one.hold]}{_said(one.why_held)}."
        return Fate.UNDER_WAY, Statement(code=one.hold.value, what=what, at=one.hold_until)
    if one.batch_state is BatchState.RETRY_WAIT:
        what = f"It is tried again{_said(one.error)}."
        return Fate.UNDER_WAY, Statement(code="retry", what=what, at=one.not_before)
    what = f"Issue {one.issue} carries it; it is to be handed over by the next run."
    return Fate.UNDER_WAY, Statement(code="to-do", what=what)


def _told(event: EventFacts) -> str:
    return f"{_TOLD[event.kind]}{_said(event.reason)}"


def _said(reason: str) -> str:
    return f" ({reason.rstrip('.')})" if reason else ""


def clock_time(moment: datetime | None, zone: tzinfo) -> str:
    """A time within a sentence: ``2026-11-24 07:00``."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
