"""Batches to providers: intent first, then the call, then the answer, each written down before the next.

After a crash at any point the ledger says which batches were surely not submitted and which may have been.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from pipeline.deliver.answering import of_each
from pipeline.deliver.doubts import Doubts
from pipeline.deliver.lanes import Lane, Route
from pipeline.deliver.ledger import Addressee, HeldBatch, Ledger
from pipeline.deliver.payload import payload_hash
from pipeline.deliver.provider import Provider
from pipeline.domain.budget import Budget
from pipeline.domain.ledger import (
    Batch,
    BatchState,
    IssueId,
    Recipient,
    RetryPolicy,
    SubscriberId,
)
from pipeline.errors import Problem, ProviderError, ProviderRejected, ProviderUnavailable, StoreUnavailable

MergeFields = Callable[[Addressee, str], Mapping[str, str]]
"""The values of the merge fields for one addressee, in a language."""

_NOT_NOW = "another process has it, or it may not be submitted now"
_MARGIN = timedelta(minutes=2)
_PERSISTENCE = 10


@dataclass(slots=True, kw_only=True)
class Desk:
    """Hands batches to providers.  Threads may share one.

    ``providers`` are each newsletter's, in the order of failover.  ``owner`` names this process in the ledger.
    ``budgets`` and ``accounts`` (digests of addresses and accounts) are by provider; ``senders`` (the domains that they
    mail from) and ``canaries`` (see `Route`) by newsletter.  ``witnesses`` tells who of
    an issue's audience was heard of since: for them it was accepted, whatever the answer was.  ``nap`` waits for
    seconds.  ``tell`` is told of each call that was made and answered, and what went wrong, "" for nothing;
    ``span`` is what a batch and a call are done within.
    """

    ledger: Ledger
    providers: Mapping[str, Sequence[Provider]]
    fields: MergeFields
    owner: str
    clock: Callable[[], datetime]
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    senders: Mapping[str, str] = field(default_factory=dict)
    canaries: Mapping[str, int] = field(default_factory=dict)
    witnesses: Callable[[IssueId], Collection[SubscriberId]] = lambda _: ()
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    nap: Callable[[float], None] = time.sleep
    tell: Callable[[HeldBatch, str], None] = lambda _held, _failure: None
    span: Callable[[str, HeldBatch], AbstractContextManager[object]] = lambda _name, _held: nullcontext()
    problems: list[Problem] = field(default_factory=list)
    _stopped: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def submit_next(self) -> bool:
        """Take one batch through the ledger.  False if none can be taken now."""
        routes = self._routes()
        held = self.ledger.claim(routes, self.owner, self.clock(), _MARGIN) if routes else None
        if held is None or held.lane is None:
            return False
        # What was claimed and then may not be submitted would be claimed again at once.
        with self.span("batch", held):
            return self._submit(held, self._provider(held.newsletter, held.lane.provider), held.lane) != _NOT_NOW

    def resolve_doubts(self) -> list[Problem]:
        """Take out of doubt what can be: the same payload to a provider that knows its key, or the provider's log.

        Returns a problem for each batch that stays in doubt.
        """
        doubts = Doubts(
            ledger=self.ledger, clock=self.clock, witnesses=self.witnesses, batch=self._batch, submit=self._submit
        )
        problems = []
        for held in self.ledger.in_doubt():
            provider = next((p for p in self.providers.get(held.newsletter, ()) if p.name == held.provider), None)
            lane = None if provider is None else self._lane(held.newsletter, provider)
            problems.append(doubts.resolve(held, provider, lane))
        return [problem for problem in problems if problem]

    def waits_until(self) -> datetime | None:
        """When there will be something to submit again; None if nothing waits for a time."""
        return self.ledger.next_due(self._routes(), self.clock())

    def route(self, newsletter: str) -> Route:
        """The ways that batches of a newsletter may go."""
        lanes = (self._lane(newsletter, provider) for provider in self.providers[newsletter])
        return Route(lanes=tuple(lanes), canary=self.canaries.get(newsletter, 0))

    def is_payload_of(self, held: HeldBatch) -> bool:
        """Whether all that a batch would be submitted with now is what it was submitted with."""
        lane = Lane(provider=held.provider or "", account=held.account or "", most=0)
        return held.payload_hash == payload_hash(self._batch(held), held.message, lane)

    def _routes(self) -> dict[str, Route]:
        with self._lock:
            stopped = set(self._stopped)
        return {name: self.route(name) for name in self.providers if name not in stopped}

    def _lane(self, newsletter: str, provider: Provider) -> Lane:
        return Lane(
            provider=provider.name,
            account=self.accounts.get(provider.name, ""),
            most=provider.capabilities.max_batch,
            budget=self.budgets.get(provider.name, Budget()),
            domain=self.senders.get(newsletter, ""),
        )

    def _provider(self, newsletter: str, name: str) -> Provider:
        return next(provider for provider in self.providers[newsletter] if provider.name == name)

    def _submit(self, held: HeldBatch, provider: Provider, lane: Lane) -> str:
        """Call the provider under a committed intent.  Returns what went wrong, empty if nothing did."""
        batch = self._batch(held)
        digest = payload_hash(batch, held.message, lane)
        lease = provider.capabilities.call_timeout + _MARGIN
        intended = self.clock()
        mine = self.ledger.intend(held, self.owner, lane, digest, intended, lease)
        if mine is None:
            self.ledger.give_back(held, self.owner)
            return _NOT_NOW
        if self.clock() - intended >= _MARGIN:
            # Stopped, or the machine slept: there would be no time for the call before others take it for lost.
            self.ledger.wait(mine, self.clock(), "this process slept before the call")
            return "this process slept before the call"
        failure = self._call(held, mine, provider, batch)
        self.tell(mine, failure)
        return failure

    def _call(self, held: HeldBatch, mine: HeldBatch, provider: Provider, batch: Batch) -> str:
        try:
            with self.span("provider call", mine):
                outcomes = provider.submit(batch, held.message)
        except (ProviderUnavailable, ProviderRejected) as error:
            self._not_taken(held, mine, error)
            return str(error)
        except Exception as error:  # noqa: BLE001  (whatever went wrong, the provider may have accepted the batch)
            what, now = str(error) or repr(error), self.clock()
            # One such call may be chance, and the next one is made at once; after that it rests like one that is away.
            rested = now + self.policy.pause(mine.failures) if mine.failures else now
            self._write(lambda: self.ledger.doubt(mine, what, rested))
            return what
        wait = self.policy.wait(mine.tries)
        retry_at = None if wait is None else self.clock() + wait
        self._write(lambda: self.ledger.settle(mine, of_each(held.addressees, outcomes), retry_at))
        return ""

    def _write(self, answer: Callable[[], None]) -> None:
        """Write an answer down, again and again if the store fails: only this process knows it."""
        for _ in range(_PERSISTENCE):
            try:
                answer()
            except StoreUnavailable:
                self.nap(1.0)
            else:
                return
        answer()

    def _not_taken(self, held: HeldBatch, mine: HeldBatch, error: ProviderUnavailable | ProviderRejected) -> None:
        """The call was surely not accepted."""
        now = self.clock()
        if held.state is BatchState.IN_DOUBT:
            # What was in doubt before this call still is.
            self._write(lambda: self.ledger.doubt(mine, str(error)))
        elif isinstance(error, ProviderRejected):
            # Credentials or request are refused: trying on would only repeat it, for every batch of the newsletter.
            with self._lock:
                self._stopped.add(mine.newsletter)
            self._write(lambda: self.ledger.wait(mine, now, str(error)))
            self._report(error.problem)
        elif self.policy.wait(-(-mine.tries // len(self.providers[mine.newsletter]))) is None:
            self._write(lambda: self.ledger.reject(mine, str(error)))
            self._report(_given_up(mine, error))
        else:
            # It rests, and longer each time; the batch goes by another lane meanwhile, if there is one.
            rested = now + self.policy.pause(mine.failures + 1, error.retry_after)
            self._write(lambda: self.ledger.wait(mine, now, str(error), rested))

    def _report(self, problem: Problem) -> None:
        with self._lock:
            self.problems.append(problem)

    def _batch(self, held: HeldBatch) -> Batch:
        return Batch(
            id=held.id,
            issue=held.issue,
            issue_uid=held.issue_uid,
            sequence=held.sequence,
            newsletter=held.newsletter,
            attempt=held.tries + 1,
            date=held.date,
            recipients=tuple(
                [
                    Recipient(one.subscriber, one.address, one.name, self.fields(one, held.language))
                    for one in held.addressees
                ]
            ),
        )


def _given_up(mine: HeldBatch, error: ProviderError) -> Problem:
    what = f"gave up after {mine.tries} tries: {error}"
    mend = f"The next issue carries the articles, or `rundbrief issues retry-failed {mine.issue}` tries again before."
    return Problem(code="mail-given-up", where=f"issue {mine.issue}, batch {mine.id}", what=what, mend=mend)
