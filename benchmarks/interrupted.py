"""An issue to very many that is paused, resumed, failed over in the middle and cancelled at the end keeps its books.

RUNDBRIEF_BENCH_RECIPIENTS=10000 does it with so many; a million, if it is not set.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.audience import START, freeze, prepare
from benchmarks.databases import on_postgresql, postgresql, sqlite
from benchmarks.mailing import merge_fields
from benchmarks.measure import Measured, Row, measure
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import Batch, Books, IssueId, Outcome, OutcomeKind
from pipeline.domain.message import Message
from pipeline.engine.local import hand_over
from pipeline.errors import ProviderUnavailable
from pipeline.store.store import Store, open_store
from tests.fakes.mailing import NEWSLETTER

COUNT = int(os.environ.get("RUNDBRIEF_BENCH_RECIPIENTS", "1000000").split(",")[-1])


@dataclass
class Taker:
    """A provider that notes whom it accepts, until it has had enough; then it is not there any more."""

    name: str
    enough: int
    accepted: list[int] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(shape=Shape.VARIABLES, max_batch=1000))

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:  # noqa: ARG002  (as `Provider` has it)
        if len(self.accepted) >= self.enough:
            raise ProviderUnavailable("It is gone.", where=self.name)
        people = [one.subscriber for one in batch.recipients]
        self.accepted += people
        return [Outcome(person, OutcomeKind.ACCEPTED) for person in people]

    def close(self) -> None:
        pass


def interrupted(url: str, directory: str, count: int) -> dict[str, int]:
    """What became of everybody; asserts that the books balance after each thing that happens."""
    store = open_store(url, Path(directory), START)
    issue = freeze(store, 1000)
    first, second = Taker("first", count // 2), Taker("second", 9 * count // 10)
    desk = Desk(
        ledger=store.ledger,
        providers={NEWSLETTER: [first, second]},
        fields=merge_fields,
        owner="bench",
        clock=lambda: datetime.now(UTC),
    )

    def while_mailing(reached: int, act: Callable[[], object]) -> Books:
        """Mail, do that once so many are accepted, and look at the books when the calls under way have ended."""
        mailing = threading.Thread(target=hand_over, args=(desk,))
        mailing.start()
        while mailing.is_alive() and len(first.accepted) + len(second.accepted) < reached:
            time.sleep(0.001)
        act()
        mailing.join()
        return _balanced(store, issue, first, second)

    paused = while_mailing(count // 4, lambda: store.issues.pause(issue))
    assert paused.to_do, "it was paused in the middle"
    assert store.issues.resume(issue)
    # The first provider ends in the middle; the second takes over, until the issue is cancelled.
    last = while_mailing(8 * count // 10, lambda: store.issues.cancel(issue, "by a person", datetime.now(UTC)))
    assert first.accepted
    assert second.accepted
    assert last.cancelled
    store.issues.finish(datetime.now(UTC))
    last = _balanced(store, issue, first, second)
    (shown,) = store.issues.shown([issue])
    assert (shown.state, last.to_do, last.in_doubt) == (IssueState.CANCELLED, 0, 0)
    carried = {one.provider: one.deliveries for one in store.issues.details(issue).carried}
    assert carried == {"first": len(first.accepted), "second": len(second.accepted)}
    store.close()
    return {"paused with": paused.to_do, **carried, "cancelled": last.cancelled}


def _balanced(store: Store, issue: IssueId, *takers: Taker) -> Books:
    """The books: they balance, and say what the providers say; nobody was accepted twice."""
    assert store.issues.unbalanced() == {}
    (shown,) = store.issues.shown([issue])
    everyone = [person for taker in takers for person in taker.accepted]
    assert len(everyone) == len(set(everyone)) == shown.books.accepted
    assert shown.books.balanced
    return shown.books


def _row(database: str, done: Measured) -> Row:
    facts = done.result
    return Row(
        work=f"an issue to {COUNT:,}, paused, resumed, failed over and cancelled ({database})",
        ours=f"the books balance: {facts['paused with']:,} to do when paused, {facts['first']:,} by the first"
        f" provider, {facts['second']:,} by the second, {facts['cancelled']:,} cancelled; {done.seconds:.0f} s,"
        f" {done.cpu:.0f} s of CPU time",
        goal="nobody twice, nobody missing",
    )


def run() -> list[Row]:
    with sqlite() as (url, directory):
        prepare(url, directory, COUNT)
        rows = [_row("SQLite", measure(interrupted, url, directory, COUNT))]
    with postgresql() as server, on_postgresql(server) as (url, directory):
        prepare(url, directory, COUNT)
        return [*rows, _row("PostgreSQL", measure(interrupted, url, directory, COUNT))]
