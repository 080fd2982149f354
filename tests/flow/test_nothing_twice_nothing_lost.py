"""Thousands of histories: whatever happens, everyone gets each article of their topics exactly once.

What that means is written down in `tests.fakes.readers`, one reader and one article at a time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from pipeline import config, wiring
from pipeline.app import App
from pipeline.cadence import next_slot
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.audience import Choice, NewSubscriber, SubscriptionId
from pipeline.domain.issue import UNSENT, Hold, IssueKey, IssueState, Terms
from pipeline.domain.ledger import IssueId, OutcomeKind, RetryPolicy
from pipeline.engine.due import freeze_due
from pipeline.store.database import reading, writing
from pipeline.store.freezing import freeze
from pipeline.store.issues import Issues
from pipeline.store.store import open_store
from pipeline.store.tables import issue
from tests.fakes.mailing import NEWSLETTER, rendered, show, sighting
from tests.fakes.providers import ACCEPT, ANSWER_LOST, CALL_LOST, REJECT, UNAVAILABLE, FakeProvider
from tests.fakes.readers import Reader, Story

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
CADENCES = {"immediate": None, "daily": "30 2 * * *", "weekly": "0 8 * * 1", "monthly": "0 0 1 * *"}
LANE = Lane(provider="fake", most=2)
TOPICS = ("ki", "ethik", "sport")
# The days before clocks are changed in one of the zones.
STARTS = [
    datetime(2026, month, day, hour, tzinfo=UTC)
    for month, day, hour in ((3, 7, 12), (3, 28, 12), (4, 4, 6), (10, 3, 6), (10, 24, 12), (10, 31, 12))
]
CONFIG = f"""
[site]
title = "T"
url = "https://news.example.org"
timezone = "{BERLIN}"
[[newsletters]]
name = "{NEWSLETTER}"
title = "T"
from = "t@news.example.org"
local_time = true
[newsletters.cadences]
immediate = true
daily = "{CADENCES["daily"]}"
weekly = "{CADENCES["weekly"]}"
monthly = "{CADENCES["monthly"]}"
"""

choices = st.builds(
    Choice,
    cadence=st.sampled_from(list(CADENCES)),
    topics=st.sets(st.sampled_from(TOPICS), max_size=2).map(lambda some: tuple(sorted(some))),
    language=st.sampled_from([None, "de", "en"]),
    timezone=st.sampled_from([None, BERLIN, NEW_YORK, LORD_HOWE]),
)
topic_sets = st.sets(st.sampled_from(TOPICS), min_size=1)
addresses = st.sampled_from([f"{n}@example.org" for n in range(5)])


class Crash(Exception):
    """The process dies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashingIssues(Issues):
    """Issues with at most so many articles; ``crash`` says where freezing dies, once."""

    most: int
    crash: list[str]

    def freeze(self, key: IssueKey, terms: Terms, now: datetime) -> IssueId | None:
        where = self.crash.pop() if self.crash else ""
        with writing(self.engine) as tx:
            made = freeze(tx, key, replace(terms, most=self.most), now)
            if where == "before the commit":
                raise Crash
        if where == "after the commit":
            raise Crash
        return made


class Mailing(RuleBasedStateMachine):
    """A newsletter with four cadences at each reader's own hour, a provider with keys, and much that goes wrong."""

    @initialize(
        start=st.sampled_from(STARTS),
        most=st.sampled_from([50, 3, 50, 2]),
        first=st.lists(choices, min_size=5, max_size=5),
    )
    def open(self, start: datetime, most: int, first: list[Choice]) -> None:
        # In memory where that can be had: nothing here has to wait for a disk.
        memory = Path("/dev/shm")
        self.directory = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        shutil.copy(_empty_store(), self.directory / "rundbrief.db")
        self.now = start
        store = open_store(f"sqlite:///{self.directory}/rundbrief.db", self.directory, start)
        self.crash: list[str] = []
        self.most = most
        store.__dict__["issues"] = CrashingIssues(engine=store.engine, most=most, crash=self.crash)
        self.provider = FakeProvider(key_life=timedelta(days=999))
        self.app = App(_settings(), store, lambda: self.now, _providers={"outbox": self.provider})
        self.seen = 0
        self.stories: dict[str, Story] = {}
        self.released: list[Story] = []
        self.readers: dict[str, Reader] = {}
        for number, choice in enumerate(first):
            self.join(f"{number}@example.org", choice)
        freeze_due(self.app)
        self.note()

    def teardown(self) -> None:
        if hasattr(self, "app"):
            try:
                self.in_the_end_nothing_is_lost()
            finally:
                self.app.close()
                shutil.rmtree(self.directory)

    def join(self, address: str, choice: Choice) -> None:
        person = NewSubscriber(
            address=address, topics=choice.topics, language=choice.language, timezone=choice.timezone
        )
        add = self.app.store.subscriptions.add_subscribers
        add([person], NEWSLETTER, choice.cadence, confirmed=True, now=self.now)
        self.readers[address] = Reader(address, choice, decided={story.title for story in self.released})

    def subscription(self, address: str) -> SubscriptionId:
        return next(self.app.store.subscriptions.listed(address=address)).id

    def desk(self) -> Desk:
        return Desk(
            ledger=self.app.store.ledger,
            providers={NEWSLETTER: [self.provider]},
            fields=lambda _addressee, _language: {"unsubscribe_url": "https://x.example/"},
            owner="me",
            clock=lambda: self.now,
            policy=RetryPolicy(attempts=2),
        )

    def note(self) -> None:
        """See what issues have been made, and what their readers must get by that."""
        composed = select(issue).where(issue.c.id > self.seen).order_by(issue.c.id)
        with reading(self.app.store.engine) as tx:
            rows = tx.execute(composed).all()
        for row in rows:
            self.seen = max(self.seen, row.id)
            by_itself = row.state == IssueState.MISSED or row.reason.startswith("covered by")
            for reader in self.readers.values():
                if not by_itself and reader.is_in(row.cadence, row.zone, BERLIN):
                    reader.get(self.released, self.most)
            if row.state == IssueState.OPEN:
                rendered(self.app.store, IssueId(row.id))

    def show(self, *stories: Story) -> None:
        sightings = [sighting(one.title[6:], topics=sorted(one.topics)) for one in stories]
        show(self.app.store, sightings, self.now)

    @rule(topics=topic_sets)
    def publish(self, topics: set[str]) -> None:
        story = Story(f"Titel {len(self.stories):03}", frozenset(topics))
        self.stories[story.title] = story
        self.now += timedelta(minutes=1)
        self.show(story)

    @precondition(lambda self: self.stories)
    @rule(data=st.data(), topics=topic_sets)
    def edit(self, data: st.DataObject, topics: set[str]) -> None:
        story = data.draw(st.sampled_from([self.stories[title] for title in sorted(self.stories)]))
        if not story.away:
            story.topics = frozenset(topics)
            self.show(story)

    @precondition(lambda self: self.stories)
    @rule(data=st.data())
    def go_away_or_come_back(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from([self.stories[title] for title in sorted(self.stories)]))
        self.now += timedelta(minutes=1)
        story.away = not story.away
        self.show_all()

    def show_all(self) -> None:
        there = [story for story in self.stories.values() if not story.away]
        sightings = [sighting(one.title[6:], topics=sorted(one.topics)) for one in there]
        show(self.app.store, sightings, self.now, complete=True)

    @rule(address=addresses, choice=choices)
    def choose_otherwise(self, address: str, choice: Choice) -> None:
        reader = self.readers[address]
        self.app.store.subscriptions.choose(self.subscription(address), choice, self.now)
        reader.choice = choice

    @rule(address=addresses)
    def leave_or_come_back(self, address: str) -> None:
        reader, id_ = self.readers[address], self.subscription(address)
        if reader.active:
            self.app.store.subscriptions.unsubscribe(id_, self.now, "page")
            reader.leave()
        else:
            self.app.store.subscriptions.resubscribe(id_, self.now)
            reader.come_back(self.released)

    @rule(crash=st.sampled_from(["", "", "", "before the commit", "after the commit"]))
    def mail(self, crash: str) -> None:
        """Release what has settled, and freeze what is due; the process may die in the midst of it."""
        self.release()
        self.crash[:] = [crash] if crash else []
        with suppress(Crash):
            freeze_due(self.app)
        self.crash[:] = []
        self.app.store.plans.review(self.now)
        self.note()

    def release(self) -> None:
        self.app.release()
        known = {story.title for story in self.released}
        self.released += [story for title, story in self.stories.items() if title not in known and not story.away]

    @precondition(lambda self: not self.gives_nothing_back)
    @rule(cadence=st.sampled_from(["daily", "weekly", "monthly"]), zone=st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE]))
    def save_a_plan(self, cadence: str, zone: str) -> None:
        """A person freezes the next issue before its slot."""
        self.release()
        slot = next_slot(CADENCES[cadence] or "", zone, self.now)
        assert slot is not None
        letter = self.app.newsletters[NEWSLETTER]
        key = IssueKey(newsletter=NEWSLETTER, cadence=cadence, zone=zone, slot=slot)
        terms = wiring.mail.terms(letter, [self.provider])
        self.app.store.plans.save(key, terms, self.now, letter.max_lateness)
        self.note()

    @rule(sent=st.booleans())
    def send_or_drop_what_is_saved(self, *, sent: bool) -> None:
        for plan in self.app.store.issues.shown():
            if plan.hold is Hold.SAVED and sent:
                self.app.store.plans.let_go(plan.id, self.now)
            elif plan.hold in UNSENT and plan.key.slot > self.now:
                self.app.store.plans.take_back(plan.id)
                # SQLite gives its number out again.
                self.seen = min(self.seen, plan.id - 1)

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        cadence=st.sampled_from(["daily", "weekly", "monthly"]),
        zone=st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE]),
        late=st.sampled_from([0, 30, 500]),
    )
    def mail_at_a_slot(self, cadence: str, zone: str, late: int) -> None:
        """Wake up at a slot, or some minutes late: 500 are too many."""
        slot = next_slot(CADENCES[cadence] or "", zone, self.now)
        assert slot is not None
        self.now = slot + timedelta(minutes=late)
        self.mail("")

    def have_something_to_deliver(self) -> None:
        if not self.app.store.issues.open_issues():
            self.publish(set(TOPICS))
            self.mail("")

    @rule(
        script=st.lists(st.sampled_from([ACCEPT, UNAVAILABLE, ANSWER_LOST, CALL_LOST, REJECT]), max_size=6),
        refused=st.dictionaries(addresses, st.sampled_from([OutcomeKind.REJECTED, OutcomeKind.DEFERRED]), max_size=3),
        calls=st.integers(1, 8),
    )
    def deliver(self, script: list[str], refused: dict[str, OutcomeKind], calls: int) -> None:
        """Some calls, some of which fail; a refusal here is never the address's fault."""
        self.have_something_to_deliver()
        if self.gives_nothing_back:
            script, refused = [ACCEPT for _ in script], {}
        self.provider.script, self.provider.refused, self.provider.address_fault = script, refused, False
        desk = self.desk()
        for _ in range(calls):
            self.now += timedelta(minutes=30)
            desk.submit_next()
        self.provider.script, self.provider.refused = [], {}

    @rule(submitting=st.booleans(), accepted=st.booleans())
    def die(self, *, submitting: bool, accepted: bool) -> None:
        """A process takes a batch and dies: before the call, or in the midst of it."""
        self.have_something_to_deliver()
        held = self.app.store.ledger.claim({NEWSLETTER: Route(lanes=(LANE,))}, "dead", self.now, timedelta(hours=1))
        if held and submitting:
            desk = self.desk()
            desk.owner = "dead"
            self.provider.script = [ANSWER_LOST if accepted else CALL_LOST]
            desk._submit(held, self.provider, LANE)
        self.app.store.ledger.expire(self.now, ["dead"])

    @rule()
    def resolve(self) -> None:
        self.now += timedelta(minutes=1)
        self.desk().resolve_doubts()

    @precondition(lambda self: not self.gives_nothing_back)
    @rule()
    def cancel_what_is_open(self) -> None:
        self.have_something_to_deliver()
        for open_issue in self.app.store.issues.open_issues():
            self.app.store.issues.cancel(open_issue, "a mistake", self.now)

    @property
    def gives_nothing_back(self) -> bool:
        """Where issues are small, what comes back would take the place of other articles, at a time that is chance."""
        return self.most < 50

    @invariant()
    def books_balance(self) -> None:
        if hasattr(self, "app"):
            assert all(one.books.balanced for one in self.app.store.issues.shown())

    @invariant()
    def nobody_gets_an_article_twice(self) -> None:
        if hasattr(self, "app"):
            assert max(self.received().values(), default=1) == 1

    def in_the_end_nothing_is_lost(self) -> None:
        """Let everything come back and to its end: what failed the first time is in the issue after."""
        for story in self.stories.values():
            story.away = False
        self.now += timedelta(minutes=1)
        self.show_all()
        self.send_or_drop_what_is_saved(sent=False)
        self.app.store.plans.review(datetime.max.replace(tzinfo=UTC))
        for reader in self.readers.values():
            choice = replace(reader.choice, cadence="immediate")
            self.app.store.subscriptions.choose(self.subscription(reader.address), choice, self.now)
            reader.choice = choice
        for _ in range(2 + len(self.stories) // self.most):
            self.publish(set(TOPICS))
            self.mail("")
            for _ in range(60):
                self.now += timedelta(hours=1)
                desk = self.desk()
                desk.resolve_doubts()
                if not desk.submit_next() and desk.waits_until() is None:
                    break
            self.decide_what_is_in_doubt()
            self.app.store.issues.finish(self.now)
        assert not self.app.store.issues.open_issues()
        got = self.received()
        for reader in self.readers.values():
            received = {title for who, title in got if who == reader.address}
            assert received <= reader.due | reader.may, reader
            assert received >= reader.due or not reader.active, reader

    def decide_what_is_in_doubt(self) -> None:
        """A person looks into the provider's log: an issue that was cancelled is not submitted again to find out."""
        ledger = self.app.store.ledger
        for held in ledger.in_doubt():
            if held.id in self.provider.keys:
                ledger.settle(held, self.provider.keys[held.id], None)
            else:
                ledger.decide(held.issue, [held.id], accepted=False, now=self.now)

    def received(self) -> Counter[tuple[str, str]]:
        return Counter((who, title) for who, subject in self.provider.accepted for title in subject.split("|"))


@cache
def _settings() -> config.Config:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "config.toml"
        file.write_text(CONFIG, encoding="utf-8")
        return config.load(file, {})


@cache
def _empty_store() -> Path:
    """The file of a store without rows: migrations take longer than a history."""
    directory = Path(tempfile.mkdtemp())
    open_store(f"sqlite:///{directory}/empty.db", directory, STARTS[0]).close()
    return directory / "empty.db"


Mailing.TestCase.settings = settings(
    # A history costs most of a second.
    max_examples=settings().max_examples // 3,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMailing = Mailing.TestCase
