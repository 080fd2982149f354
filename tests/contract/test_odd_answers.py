"""Answers that do not speak of each recipient once: providers of somebody else's may give any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pipeline.domain.ledger import Batch, Books, IssueId, Outcome, OutcomeKind, SubscriberId
from pipeline.domain.message import Message
from pipeline.store.store import Store
from tests.fakes.desk import Clock, books, desk, drain, everyone, frozen_issue
from tests.fakes.providers import FakeProvider

STRANGER = Outcome(SubscriberId(4711), OutcomeKind.ACCEPTED)


class Odd(FakeProvider):
    """Accepts everybody, and answers what ``answer`` makes of it."""

    answer: Callable[[list[Outcome]], Sequence[Outcome]] = staticmethod(list)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        return self.answer(list(super().submit(batch, message)))


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, "a", "b")


def submitted(store: Store, answer: Callable[[list[Outcome]], Sequence[Outcome]]) -> Odd:
    provider = Odd()
    provider.answer = answer  # type: ignore[method-assign]
    drain(desk(store, Clock(), provider))
    assert everyone(provider) == ["a", "b"]
    return provider


def test_of_whom_nothing_is_said_is_in_doubt(store: Store, issue: IssueId) -> None:
    submitted(store, lambda outcomes: outcomes[:1])
    assert books(store, issue) == Books(audience=2, accepted=1, in_doubt=1)


def test_an_empty_answer_leaves_all_in_doubt(store: Store, issue: IssueId) -> None:
    submitted(store, lambda _: [])
    assert books(store, issue) == Books(audience=2, in_doubt=2)


def test_the_order_of_an_answer_is_of_no_account(store: Store, issue: IssueId) -> None:
    submitted(store, lambda outcomes: outcomes[::-1])
    assert books(store, issue) == Books(audience=2, accepted=2)


def test_what_is_said_of_a_stranger_counts_for_nobody(store: Store, issue: IssueId) -> None:
    submitted(store, lambda outcomes: [outcomes[0], STRANGER])
    assert books(store, issue) == Books(audience=2, accepted=1, in_doubt=1)
