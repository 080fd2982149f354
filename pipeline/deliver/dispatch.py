"""Batches to providers: intent first, then the call, then the answer, each written down before the next.

After a crash at any point the ledger says which batches were surely not submitted and which may have been.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock

from pipeline.deliver.ledger import Addressee, HeldBatch, Ledger
from pipeline.deliver.provider import Provider, Queryable
from pipeline.domain.ledger import Batch, BatchState, OutcomeKind, Recipient, RetryPolicy
from pipeline.domain.message import Message
from pipeline.errors import Problem, ProviderError, ProviderRejected, ProviderUnavailable

MergeFields = Callable[[Addressee, str], Mapping[str, str]]
"""The values of the merge fields for one addressee, in a language."""

_MARGIN = timedelta(minutes=2)


@dataclass(slots=True)
class Desk:
    """Hands batches to providers.  Threads may share one.

    ``providers`` are each newsletter's, in the order of failover.  ``owner`` names this process in the ledger.
    ``rates`` are recipients a second, by provider, where there is a limit.
    """

    ledger: Ledger
    providers: Mapping[str, Sequence[Provider]]
    fields: MergeFields
    owner: str
    clock: Callable[[], datetime]
    rates: Mapping[str, float] = field(default_factory=dict)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    problems: list[Problem] = field(default_factory=list)
    _paused: dict[str, datetime] = field(default_factory=dict)
    _stopped: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def submit_next(self) -> bool:
        """Take one batch through the ledger.  False if none can be taken now."""
        now = self.clock()
        open_ = [name for name in self.providers if self._provider(name, None, now)]
        held = self.ledger.claim(open_, self.owner, now, _MARGIN) if open_ else None
        if held is None:
            return False
        provider = self._provider(held.newsletter, held.provider, now)
        if provider is None or not self._take_turn(provider, len(held.addressees), now):
            self.ledger.give_back(held, self.owner)
            return provider is None
        self._submit(held, provider)
        return True

    def resolve_doubts(self) -> list[Problem]:
        """Take out of doubt what can be: the same payload to a provider that knows its key, or the provider's log.

        Returns a problem for each batch that stays in doubt.
        """
        return [problem for held in self.ledger.in_doubt() if (problem := self._resolve(held))]

    def waits_until(self) -> datetime | None:
        """When there will be something to submit again; None if nothing waits for a time."""
        due = [when for name in self.providers if name not in self._stopped and (when := self._due(name))]
        return min(due, default=None)

    def _due(self, newsletter: str) -> datetime | None:
        due = self.ledger.next_due([newsletter])
        pauses = [self._paused.get(provider.name) for provider in self.providers[newsletter]]
        if due is None or None in pauses:
            return due
        return max(due, min(until for until in pauses if until))

    def _provider(self, newsletter: str, last: str | None, now: datetime) -> Provider | None:
        """The newsletter's next provider that is not paused: after a failed try the one after that, else the first."""
        order = self.providers[newsletter]
        names = [provider.name for provider in order]
        start = names.index(last) + 1 if last in names else 0
        with self._lock:
            if newsletter in self._stopped:
                return None
            turns = (order[(start + i) % len(order)] for i in range(len(order)))
            return next((p for p in turns if self._paused.get(p.name, now) <= now), None)

    def _take_turn(self, provider: Provider, recipients: int, now: datetime) -> bool:
        """Book so many recipients on the provider's budget; False while what was booked before is not used up."""
        rate = self.rates.get(provider.name)
        if rate is None:
            return True
        with self._lock:
            if self._paused.get(provider.name, now) > now:
                return False
            self._paused[provider.name] = now + timedelta(seconds=recipients / rate)
        return True

    def _submit(self, held: HeldBatch, provider: Provider) -> str:
        """Call the provider under a committed intent.  Returns what went wrong, empty if nothing did."""
        batch = self._batch(held)
        digest = payload_hash(batch, held, provider)
        lease = provider.capabilities.call_timeout + _MARGIN
        mine = self.ledger.intend(held, self.owner, provider.name, digest, self.clock(), lease)
        if mine is None:
            return "another process has it"
        try:
            outcomes = provider.submit(batch, held.message)
        except (ProviderUnavailable, ProviderRejected) as error:
            if held.state is BatchState.IN_DOUBT:
                # Only this call was surely not accepted; what was in doubt before it still is.
                self.ledger.doubt(mine, str(error))
            elif isinstance(error, ProviderUnavailable):
                self._unavailable(mine, provider, error)
            else:
                self._stop(mine, error)
            return str(error)
        except Exception as error:  # noqa: BLE001  (whatever went wrong, the provider may have accepted the batch)
            self.ledger.doubt(mine, str(error) or repr(error))
            return str(error) or repr(error)
        now = self.clock()
        wait = self.policy.wait(mine.tries)
        self.ledger.settle(mine, outcomes, None if wait is None else now + wait)
        return ""

    def _unavailable(self, mine: HeldBatch, provider: Provider, error: ProviderUnavailable) -> None:
        """Pause the provider; the batch goes to the next one at once, or waits when each has been tried."""
        now = self.clock()
        order = self.providers[mine.newsletter]
        wait = self.policy.wait(-(-mine.tries // len(order)), error.retry_after)
        if wait is None:
            self.ledger.reject(mine, str(error))
            self._report(_given_up(mine, error))
            return
        with self._lock:
            self._paused[provider.name] = now + wait
            others = any(self._paused.get(other.name, now) <= now for other in order)
        self.ledger.wait(mine, now if others else now + wait, str(error))

    def _stop(self, mine: HeldBatch, error: ProviderRejected) -> None:
        """Credentials or request are refused: trying on would only repeat it, for every batch of the newsletter."""
        self.ledger.wait(mine, self.clock(), str(error))
        with self._lock:
            self._stopped.add(mine.newsletter)
        self._report(error.problem)

    def _resolve(self, held: HeldBatch) -> Problem | None:
        provider = next((p for p in self.providers.get(held.newsletter, ()) if p.name == held.provider), None)
        if provider is None or held.submitted_at is None:
            return _problem(held, f"provider {held.provider} is no longer one of the newsletter's")
        age = self.clock() - held.submitted_at
        can = provider.capabilities
        same = held.payload_hash == payload_hash(self._batch(held), held, provider)
        if can.key_life is not None and age < can.key_life and same:
            failed = self._submit(held, provider)
            return _problem(held, failed) if failed else None
        if not isinstance(provider, Queryable):
            why = "" if same else ", and a recipient's data changed, so that it can't be submitted again as it was"
            return _problem(held, f"{provider.name} can't tell whether it accepted the batch{why}")
        return self._look_up(
            held, provider, provider.name, silent=can.log_settles is not None and age >= can.log_settles
        )

    def _look_up(self, held: HeldBatch, log: Queryable, name: str, *, silent: bool) -> Problem | None:
        """Ask a provider's log.  ``silent``: by now it would show the batch if it had been accepted."""
        try:
            outcomes = log.look_up(self._batch(held))
        except ProviderError as error:
            return _problem(held, str(error))
        now = self.clock()
        if outcomes is not None:
            self.ledger.settle(held, outcomes, now)
            unsure = sum(outcome.kind is OutcomeKind.UNCERTAIN for outcome in outcomes)
            return _problem(held, f"{name}'s log does not show {unsure} of its recipients") if unsure else None
        if silent:
            self.ledger.wait(held, now, f"{name}'s log shows that it was not accepted")
            return None
        return _problem(held, f"{name}'s log does not show yet whether it accepted the batch")

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
            recipients=tuple(self._recipient(addressee, held.language) for addressee in held.addressees),
        )

    def _recipient(self, addressee: Addressee, language: str) -> Recipient:
        return Recipient(addressee.subscriber, addressee.address, addressee.name, self.fields(addressee, language))


def payload_hash(batch: Batch, held: HeldBatch, provider: Provider) -> str:
    """A digest of all that the provider is given: only an equal payload may be submitted under the same key."""
    digest = hashlib.sha256(f"{provider.name}\0{batch.id}\0".encode())
    digest.update(_message_digest(held.message))
    # Recipients of one batch have the same fields, in the same order.
    rows = [(one.subscriber, one.address, one.name, *one.fields.items()) for one in batch.recipients]
    digest.update(json.dumps(rows).encode())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _message_digest(message: Message) -> bytes:
    """A message is most of a payload, and the same for every batch of its variant."""
    return hashlib.sha256(repr(message).encode("utf-8", "surrogatepass")).digest()


def _problem(held: HeldBatch, what: str) -> Problem:
    mend = f"See `rundbrief issues show {held.issue}`; decide with `rundbrief issues resolve {held.issue}`."
    return Problem(code="mail-in-doubt", where=f"issue {held.issue}, batch {held.id}", what=what, mend=mend)


def _given_up(mine: HeldBatch, error: ProviderError) -> Problem:
    what = f"gave up after {mine.tries} tries: {error}"
    mend = "The articles are owed again: the next issue carries them."
    return Problem(code="mail-given-up", where=f"issue {mine.issue}, batch {mine.id}", what=what, mend=mend)
