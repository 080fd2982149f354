"""Batches out of doubt: the same payload again to a provider that knows its key, what was heard since, or its log.

What none of them tells stays in doubt, for a person to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.deliver.answering import of_each
from pipeline.deliver.lanes import Lane
from pipeline.deliver.ledger import HeldBatch, Ledger
from pipeline.deliver.payload import payload_hash
from pipeline.deliver.provider import Provider, Queryable
from pipeline.domain.ledger import Batch, IssueId, Outcome, OutcomeKind, SubscriberId
from pipeline.errors import Problem, ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Takes batches out of doubt.

    ``batch`` is what would be submitted of a held one now; ``submit`` does so, and returns what went wrong, empty if
    nothing did.  ``witnesses`` tells who of an issue's audience was heard of since.
    """

    ledger: Ledger
    clock: Callable[[], datetime]
    witnesses: Callable[[IssueId], Collection[SubscriberId]]
    batch: Callable[[HeldBatch], Batch]
    submit: Callable[[HeldBatch, Provider, Lane], str]

    def resolve(self, held: HeldBatch, provider: Provider | None, lane: Lane | None) -> Problem | None:
        """Returns why it stays in doubt.  ``provider`` tried it, by ``lane`` as it is now; None where it is gone."""
        if provider is None or lane is None or held.submitted_at is None:
            return _problem(held, f"provider {held.provider} is no longer one of the newsletter's")
        if (held.account or lane.account) != lane.account:
            return _problem(held, f"the address or the account of {provider.name} was changed since")
        age = self.clock() - held.submitted_at
        can = provider.capabilities
        same = held.payload_hash == payload_hash(self.batch(held), held.message, lane)
        if can.key_life is not None and age < can.key_life and same and not held.held_back:
            failed = self.submit(held, provider, lane)
            return _problem(held, failed) if failed else None
        if not (held := self._hear(held)).addressees:
            return None
        if not isinstance(provider, Queryable):
            why = "" if same else ", and a recipient's data changed, so that it can't be submitted again as it was"
            return _problem(held, f"{provider.name} can't tell whether it accepted the batch{why}")
        return self._look_up(
            held, provider, provider.name, silent=can.log_settles is not None and age >= can.log_settles
        )

    def _hear(self, held: HeldBatch) -> HeldBatch:
        """Settle those of a batch whom an event was about, and return it with the others."""
        heard = set(self.witnesses(held.issue)).intersection(one.subscriber for one in held.addressees)
        if not heard:
            return held
        outcomes = [
            Outcome(one.subscriber, OutcomeKind.ACCEPTED, "an event told of it")
            if one.subscriber in heard
            else Outcome(one.subscriber, OutcomeKind.UNCERTAIN, "events told of others of its batch")
            for one in held.addressees
        ]
        self.ledger.settle(held, outcomes, None)
        return replace(held, addressees=tuple(one for one in held.addressees if one.subscriber not in heard))

    def _look_up(self, held: HeldBatch, log: Queryable, name: str, *, silent: bool) -> Problem | None:
        """Ask a provider's log.  ``silent``: by now it would show the batch if it had been accepted."""
        try:
            outcomes = log.look_up(self.batch(held))
        except ProviderError as error:
            return _problem(held, str(error))
        now = self.clock()
        if outcomes is not None:
            outcomes = of_each(held.addressees, outcomes)
            self.ledger.settle(held, outcomes, now)
            unsure = sum(outcome.kind is OutcomeKind.UNCERTAIN for outcome in outcomes)
            return _problem(held, f"{name}'s log does not show {unsure} of its recipients") if unsure else None
        if silent:
            self.ledger.wait(held, now, f"{name}'s log shows that it was not accepted")
            return None
        return _problem(held, f"{name}'s log does not show yet whether it accepted the batch")


def _problem(held: HeldBatch, what: str) -> Problem:
    mend = f"See `rundbrief issues show {held.issue}`; decide with `rundbrief issues resolve {held.issue}`."
    return Problem(code="mail-in-doubt", where=f"issue {held.issue}, batch {held.id}", what=what, mend=mend)
