"""Providers that do what a test tells them, and remember what they accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.deliver.provider import Capabilities, Shape
from pipeline.domain.ledger import Batch, Outcome, OutcomeKind
from pipeline.domain.message import Message
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain

ACCEPT = "accept"
UNAVAILABLE = "unavailable"
REJECT = "reject"
ANSWER_LOST = "answer lost"
CALL_LOST = "call lost"


@dataclass
class FakeProvider:
    """Takes a word of ``script`` for each call (then accepts), an outcome for each address in ``refused``.

    Without keys it accepts a batch as often as it gets it, which is what a ledger must prevent.
    """

    name: str = "fake"
    script: list[str] = field(default_factory=list)
    refused: dict[str, OutcomeKind] = field(default_factory=dict)
    address_fault: bool = True
    key_life: timedelta | None = None
    log_settles: timedelta | None = None
    accepted: list[tuple[str, str]] = field(default_factory=list)
    keys: dict[object, list[Outcome]] = field(default_factory=dict)
    calls: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(shape=Shape.MESSAGES, max_batch=2, key_life=self.key_life, log_settles=self.log_settles)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        self.calls += 1
        match self.script.pop(0) if self.script else ACCEPT:
            case "unavailable":
                raise ProviderUnavailable("try later", where=self.name)
            case "reject":
                raise ProviderRejected("bad key", where=self.name)
            case "call lost":
                raise SubmissionUncertain("timed out", where=self.name)
            case "answer lost":
                self._accept(batch, message)
                raise SubmissionUncertain("timed out", where=self.name)
        return self._accept(batch, message)

    def close(self) -> None:
        pass

    def _accept(self, batch: Batch, message: Message) -> list[Outcome]:
        if self.key_life is not None and batch.id in self.keys:
            return self.keys[batch.id]
        outcomes = []
        for recipient in batch.recipients:
            kind = self.refused.get(recipient.address, OutcomeKind.ACCEPTED)
            if kind is OutcomeKind.ACCEPTED:
                self.accepted.append((recipient.address, message.subject))
            fault = kind is OutcomeKind.REJECTED and self.address_fault
            outcomes.append(Outcome(subscriber=recipient.subscriber, kind=kind, reason="told so", address_fault=fault))
        self.keys[batch.id] = outcomes
        return outcomes


@dataclass
class FakeProviderWithLog(FakeProvider):
    """One whose log can be asked."""

    def look_up(self, batch: Batch) -> Sequence[Outcome] | None:
        if batch.id not in self.keys:
            return None
        return self.keys[batch.id]
