from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.polling import LONGEST_BACK_OFF, Poll, Wait, back_off, interleaved, resting_hosts
from tests.fakes.times import START, at

URL = "https://blog.example.org/feed"
QUARTER = timedelta(minutes=15)


def test_a_source_that_was_never_polled_is_due() -> None:
    assert Poll().waits(URL, START) is None


def test_a_fresh_answer_is_waited_for_to_its_end() -> None:
    poll = Poll(address=URL, next=at(5))
    assert poll.waits(URL, at(4)) is Wait.FRESH
    assert poll.waits(URL, at(5)) is None


def test_why_a_source_waits_is_told_apart() -> None:
    assert Poll(address=URL, next=at(5), failures=3).waits(URL, START) is Wait.FAILING
    assert Poll(address=URL, next=at(5), failures=1, asked_until=at(5)).waits(URL, START) is Wait.ASKED
    assert Poll(address=URL, ended=at(-500)).waits(URL, START) is Wait.ENDED


def test_what_was_learnt_at_one_address_does_not_hold_for_another() -> None:
    assert Poll(address=URL, ended=at(-5), next=at(500)).waits("https://new.example.org/feed", START) is None


def test_the_first_failure_waits_for_the_schedule_only_and_each_further_one_doubles() -> None:
    assert back_off("blog", 1, QUARTER) == timedelta()
    waits = [back_off("blog", failures, QUARTER) for failures in range(2, 7)]
    for wait, nominal in zip(waits, [30, 60, 120, 240, 480], strict=True):
        assert timedelta(minutes=nominal) * 0.75 <= wait <= timedelta(minutes=nominal)


def test_sources_that_failed_together_do_not_come_back_together() -> None:
    assert len({back_off(f"blog-{number}", 4, QUARTER) for number in range(50)}) == 50


@given(st.text(), st.integers(0, 10**9), st.timedeltas(timedelta(), timedelta(days=400)))
def test_however_often_a_source_failed_it_is_polled_again_within_a_day(
    name: str, failures: int, interval: timedelta
) -> None:
    wait = back_off(name, failures, interval)
    assert timedelta() <= wait <= LONGEST_BACK_OFF
    assert wait == back_off(name, failures, interval)


def test_a_source_that_needs_no_patience_never_waits() -> None:
    assert back_off("artikel", 50, timedelta()) == timedelta()


def test_a_host_rests_as_long_as_the_longest_of_its_sources_was_told() -> None:
    polls = [
        ("a", Poll(asked_until=at(5))),
        ("a", Poll(asked_until=at(9))),
        ("b", Poll(asked_until=at(-1))),
        ("c", Poll(next=at(9), failures=2)),
    ]
    assert resting_hosts(polls, START) == {"a": at(9)}


def test_sources_take_turns_by_host() -> None:
    hosts = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "file": ""}
    assert interleaved(["a1", "a2", "a3", "b1", "b2", "file"], hosts) == ["a1", "b1", "file", "a2", "b2", "a3"]


@given(st.lists(st.text(), unique=True), st.data())
def test_taking_turns_loses_no_source(names: list[str], data: st.DataObject) -> None:
    hosts = {name: data.draw(st.sampled_from(["", "a", "b", "c"])) for name in names}
    assert sorted(interleaved(names, hosts)) == sorted(names)
