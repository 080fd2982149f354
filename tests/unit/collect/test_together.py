"""Who records for whom, where many answers come at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore

import pytest

from pipeline.collect.collect import Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed, Seen
from pipeline.collect.source import Collection, KnownHash, SourceState
from pipeline.collect.together import Answer, AnswersTogether
from pipeline.domain.article import Sighting

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class FakeStore:
    """Keeps the groups that it was given; ``refuse`` may raise for a group.  The first waits for ``go``."""

    def __init__(self, refuse: Callable[[list[str]], None] = lambda _: None) -> None:
        self.groups: list[list[str]] = []
        self.unchanged: list[list[str]] = []
        self.began = Event()
        self.go = Event()
        self._refuse = refuse

    def record_together(self, answers: Sequence[Answer]) -> Sequence[Collected | Exception]:
        names = [rules.name for rules, _, _ in answers]
        self.groups.append(names)
        self.began.set()
        assert self.go.wait(30)
        self._refuse(names)
        return [Collected(new=int(name)) for name in names]

    def record_unchanged(self, answers: Sequence[Answer]) -> None:
        self.unchanged.append([rules.name for rules, _, _ in answers])

    def source_states(self) -> Mapping[str, SourceState]:
        return {"1": SourceState(etag='"1"')}

    def retried_gaps(self) -> Mapping[str, datetime]:
        return {"1": NOW}

    def source_state(self, source: str) -> SourceState:
        return SourceState(etag=f'"{source} from the store"')

    def known_hash(self, source: str) -> KnownHash:
        raise AssertionError

    def seen(self, source: str, address: str | None) -> Seen | None:
        raise AssertionError

    def retried_gap(self, source: str) -> datetime | None:
        raise AssertionError

    def shown(self, source: str, names: Iterable[str]) -> frozenset[str]:
        raise AssertionError

    def shows_known(self, source: str, sightings: Sequence[Sighting]) -> bool:
        raise AssertionError

    def record(self, rules: SourceRules, done: Completed, now: datetime) -> Collected:
        raise AssertionError

    def record_failure(self, rules: SourceRules, failure: Failure, now: datetime) -> None:
        raise AssertionError

    def postpone(self, rules: SourceRules, until: datetime) -> None:
        raise AssertionError


def answer(name: str, *, unchanged: bool = False) -> Answer:
    rules = SourceRules(name=name, settle=timedelta(), backlog="all", host="news.example.org")
    collection = Collection(sightings=(), state=SourceState(), not_modified=unchanged)
    return rules, Completed(collection=collection, window=0), NOW


class Sources:
    """Threads that record; the first is under way when the others come."""

    def __init__(self, store: FakeStore, count: int) -> None:
        together = AnswersTogether(store)
        came = Semaphore(0)

        def record(name: str) -> Collected:
            came.release()
            return together.record(*answer(name))

        with ThreadPoolExecutor(count) as pool:
            self.done: list[Future[Collected]] = [pool.submit(record, "1")]
            assert store.began.wait(30)
            for number in range(2, count + 1):
                self.done.append(pool.submit(record, str(number)))
            for _ in range(count):
                came.acquire()
            while len(together._waiting) < count - 1:
                assert not store.go.wait(0.001)
            store.go.set()


def test_those_that_wait_are_recorded_together_and_each_has_its_own_outcome() -> None:
    store = FakeStore()
    sources = Sources(store, 6)
    assert [done.result().new for done in sources.done] == [1, 2, 3, 4, 5, 6]
    assert store.groups[0] == ["1"]
    assert [sorted(group) for group in store.groups[1:]] == [["2", "3", "4", "5", "6"]]


def test_a_group_is_bounded() -> None:
    store = FakeStore()
    sources = Sources(store, 48)
    assert [done.result().new for done in sources.done] == list(range(1, 49))
    assert [len(group) for group in store.groups] == [1, 20, 20, 7]


def test_a_group_that_cant_be_written_is_written_one_by_one() -> None:
    def refuse(names: list[str]) -> None:
        if "3" in names:
            raise OSError("too large")

    store = FakeStore(refuse)
    sources = Sources(store, 4)
    outcomes = [done.exception() or done.result().new for done in sources.done]
    assert [outcomes[0], outcomes[1], outcomes[3]] == [1, 2, 4]
    assert isinstance(outcomes[2], OSError)
    assert sorted(store.groups[1]) == ["2", "3", "4"]
    assert sorted(store.groups[2:]) == [["2"], ["3"], ["4"]]


def test_a_thread_that_is_stopped_while_it_records_for_others_leaves_them_to_the_next() -> None:
    stopped: list[list[str]] = []

    def refuse(names: list[str]) -> None:
        if len(names) > 1 and not stopped:
            stopped.append(names)
            raise SystemExit

    sources = Sources(FakeStore(refuse), 5)
    failed = [number for number, done in enumerate(sources.done, 1) if isinstance(done.exception(), SystemExit)]
    assert len(failed) == 1
    others = [number for number in range(1, 6) if number not in failed]
    assert [sources.done[number - 1].result().new for number in others] == others


def test_answers_without_anything_new_are_kept_until_there_are_many_or_the_end() -> None:
    store = FakeStore()
    with AnswersTogether(store) as together:
        for number in range(250):
            together.record(*answer(str(number), unchanged=True))
        assert [len(group) for group in store.unchanged] == [100, 100]
    assert [len(group) for group in store.unchanged] == [100, 100, 50]
    assert store.groups == []


def test_what_is_asked_of_each_source_was_read_for_all_at_once() -> None:
    with AnswersTogether(FakeStore()) as together:
        assert together.source_state("1").etag == '"1"'
        assert together.source_state("2").etag == '"2 from the store"', "a long one is not read beforehand"
        assert together.retried_gap("1") == NOW
        assert together.retried_gap("2") is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_is_kept_is_recorded_though_the_pass_breaks_off(error: type[BaseException]) -> None:
    store = FakeStore()

    def break_off() -> None:
        with AnswersTogether(store) as together:
            together.record(*answer("1", unchanged=True))
            raise error

    with pytest.raises(error):
        break_off()
    assert store.unchanged == [["1"]]
