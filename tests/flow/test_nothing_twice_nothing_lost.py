"""Thousands of histories: whatever happens, everyone gets each article of their topics exactly once."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.deliver.dispatch import Desk
from pipeline.domain.issue import IssueKey, IssueState
from pipeline.domain.ledger import OutcomeKind, RetryPolicy
from pipeline.store.store import open_store
from tests.fakes.mailing import NEWSLETTER, TERMS, freeze_immediate, rendered, show, sighting, subscribe
from tests.fakes.providers import ACCEPT, ANSWER_LOST, CALL_LOST, REJECT, UNAVAILABLE, FakeProvider
from tests.fakes.times import START

TOPICS = ("ki", "ethik", "sport")
PEOPLE = {"alle": (), "ki": ("ki",), "beides": ("ki", "ethik"), "sport": ("sport",)}


class Mailing(RuleBasedStateMachine):
    """A newsletter with an immediate and a daily cadence, a provider with keys, and much that goes wrong."""

    @initialize()
    def open(self) -> None:
        # In memory where that can be had: nothing here has to wait for a disk.
        memory = Path("/dev/shm")
        self.directory = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.store = open_store(f"sqlite:///{self.directory}/rundbrief.db", self.directory, START)
        self.now: datetime = START
        self.articles: dict[str, tuple[str, ...]] = {}
        self.provider = FakeProvider(key_life=timedelta(days=999))
        for cadence in ("immediate", "daily"):
            for name, topics in PEOPLE.items():
                subscribe(self.store, START, f"{cadence}-{name}", cadence=cadence, topics=topics)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                self.in_the_end_nothing_is_lost()
            finally:
                self.store.close()
                shutil.rmtree(self.directory)

    def tick(self, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def desk(self) -> Desk:
        return Desk(
            ledger=self.store.ledger,
            providers={NEWSLETTER: [self.provider]},
            fields=lambda _addressee, _language: {"unsubscribe_url": "https://x.example/"},
            owner="me",
            clock=lambda: self.now,
            policy=RetryPolicy(attempts=2),
        )

    @rule(topics=st.sets(st.sampled_from(TOPICS), min_size=1))
    def publish(self, topics: set[str]) -> None:
        key = f"{len(self.articles):03}"
        self.articles[f"Titel {key}"] = tuple(sorted(topics))
        show(self.store, [sighting(key, topics=sorted(topics))], self.tick())

    @precondition(lambda self: self.articles)
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        title = data.draw(st.sampled_from(sorted(self.articles)))
        show(self.store, [sighting(title[6:], f"neu {self.now}", topics=self.articles[title])], self.tick())

    @rule()
    def mail_immediately(self) -> None:
        freeze_immediate(self.store, self.tick())

    @rule(missed=st.booleans())
    def mail_daily(self, *, missed: bool) -> None:
        self.store.articles.release(self.tick())
        key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=TERMS.zone, slot=self.now)
        if missed:
            self.store.issues.close_slot(key, IssueState.MISSED, "asleep", self.now)
        else:
            rendered(self.store, self.store.issues.freeze(key, TERMS, self.now))

    @rule(
        script=st.lists(st.sampled_from([ACCEPT, UNAVAILABLE, ANSWER_LOST, CALL_LOST, REJECT]), max_size=6),
        refused=st.dictionaries(
            st.sampled_from([f"{cadence}-{name}@example.org" for cadence in ("immediate", "daily") for name in PEOPLE]),
            st.sampled_from([OutcomeKind.REJECTED, OutcomeKind.DEFERRED]),
            max_size=3,
        ),
        calls=st.integers(1, 8),
    )
    def deliver(self, script: list[str], refused: dict[str, OutcomeKind], calls: int) -> None:
        """Some calls, some of which fail; a refusal here is never the address's fault."""
        self.provider.script, self.provider.refused, self.provider.address_fault = script, refused, False
        desk = self.desk()
        for _ in range(calls):
            self.tick(30)
            desk.submit_next()
        self.provider.script, self.provider.refused = [], {}

    @rule(submitting=st.booleans(), accepted=st.booleans())
    def die(self, *, submitting: bool, accepted: bool) -> None:
        """A process takes a batch and dies: before the call, or in the midst of it."""
        held = self.store.ledger.claim([NEWSLETTER], "dead", self.tick(), timedelta(hours=1))
        if held and submitting:
            desk = self.desk()
            desk.owner = "dead"
            if accepted:
                self.provider.script = [ANSWER_LOST]
                desk._submit(held, self.provider)
            else:
                self.provider.script = [CALL_LOST]
                desk._submit(held, self.provider)
        self.store.ledger.expire(self.now, ["dead"])

    @rule()
    def resolve(self) -> None:
        self.tick()
        self.desk().resolve_doubts()

    @invariant()
    def books_balance(self) -> None:
        if hasattr(self, "store"):
            assert all(issue.books.balanced for issue in self.store.issues.shown())

    @invariant()
    def nobody_gets_an_article_twice(self) -> None:
        if hasattr(self, "store"):
            assert max(self.received().values(), default=1) == 1

    def in_the_end_nothing_is_lost(self) -> None:
        """Let everything come to its end, twice: what failed the first time is in the issue after."""
        for _ in range(2):
            self.publish(set(TOPICS))
            self.mail_immediately()
            self.mail_daily(missed=False)
            for _ in range(60):
                self.tick(60)
                desk = self.desk()
                desk.resolve_doubts()
                if not desk.submit_next() and desk.waits_until() is None:
                    break
        self.store.issues.finish(self.now)
        assert {issue.state for issue in self.store.issues.shown()} <= {
            IssueState.FINISHED,
            IssueState.SKIPPED,
            IssueState.MISSED,
        }
        got = self.received()
        for cadence in ("immediate", "daily"):
            for name, chosen in PEOPLE.items():
                owed = {title for title, topics in self.articles.items() if not chosen or {*chosen} & {*topics}}
                assert {title for who, title in got if who == f"{cadence}-{name}@example.org"} == owed

    def received(self) -> Counter[tuple[str, str]]:
        return Counter((who, title) for who, subject in self.provider.accepted for title in subject.split("|"))


Mailing.TestCase.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestMailing = Mailing.TestCase
