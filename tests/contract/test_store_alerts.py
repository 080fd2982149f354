"""Alerts: one for a cause until it is over, told of once on each way, by one of several processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pipeline.domain.alert import Alert, Cause, Severity, Standing, causes_from
from pipeline.store.store import Store
from tests.fakes.times import at

ALL = frozenset(Cause)
LEASE = timedelta(minutes=5)
DAY = timedelta(days=1)


def alert(cause: Cause = Cause.MAIL_LATE, subject: str = "brief", what: str = "is late", host: str = "") -> Alert:
    return Alert(cause=cause, subject=subject, what=what, mend="Look.", host=host)


def settle(store: Store, minute: int, *found: Alert, host: str = "a", judged: frozenset[Cause] = ALL) -> None:
    store.alerts.settle(found, judged, host, at(minute))


def take(store: Store, minute: int, way: str = "mail", causes: frozenset[Cause] = ALL) -> Sequence[Standing]:
    return store.alerts.take(way, causes, at(minute), DAY, LEASE)


def tell(store: Store, minute: int, way: str = "mail", causes: frozenset[Cause] = ALL) -> list[str]:
    """What was told then."""
    taken = take(store, minute, way, causes)
    if taken:
        store.alerts.told(way, taken, at(minute))
    return [f"{'over: ' if one.over else ''}{one.alert.cause}/{one.alert.subject}" for one in taken]


def test_a_cause_is_told_of_once_on_each_way_and_again_when_it_lasts(store: Store) -> None:
    for minute in range(3):
        settle(store, minute, alert(what=f"since {minute} minutes"))
        assert tell(store, minute) == (["mail-late/brief"] if minute == 0 else [])
    (standing,) = store.alerts.on()
    assert (standing.since, standing.alert.what) == (at(0), "since 2 minutes")
    assert tell(store, 3, "webhook") == ["mail-late/brief"]
    assert tell(store, 24 * 60 - 1) == []
    assert tell(store, 24 * 60) == ["mail-late/brief"]
    assert tell(store, 24 * 60 + 1) == []


def test_what_is_over_is_told_of_once_where_its_beginning_was(store: Store) -> None:
    settle(store, 0, alert())
    assert tell(store, 0) == ["mail-late/brief"]
    settle(store, 1)
    assert store.alerts.on(), "not for as long as it may come again at once"
    settle(store, 5)
    assert store.alerts.on() == []
    assert tell(store, 5) == ["over: mail-late/brief"]
    assert tell(store, 5, "webhook") == []
    settle(store, 6, alert())
    assert tell(store, 6) == ["mail-late/brief"], "another alert"
    settle(store, 20)
    assert tell(store, 20) == ["over: mail-late/brief"]
    settle(store, 8 * 24 * 60)
    assert tell(store, 8 * 24 * 60) == []


def test_what_comes_and_goes_is_one_alert(store: Store) -> None:
    settle(store, 0, alert())
    assert tell(store, 0)
    settle(store, 3)
    settle(store, 4, alert())
    settle(store, 8)
    assert tell(store, 8) == []
    assert [one.since for one in store.alerts.on()] == [at(0)]


def test_what_is_told_of_after_a_while_is_not_told_of_when_it_ends_before(store: Store) -> None:
    settle(store, 0, alert(Cause.PUBLISHING_FAILS, "feeds"))
    assert tell(store, 29) == []
    settle(store, 29, alert(Cause.PUBLISHING_FAILS, "feeds"))
    settle(store, 40)
    assert tell(store, 40) == []
    settle(store, 41, alert(Cause.PUBLISHING_FAILS, "feeds"))
    assert tell(store, 41) == []
    assert tell(store, 71) == ["publishing-fails/feeds"]


def test_a_way_that_wants_only_what_is_critical_hears_of_nothing_else(store: Store) -> None:
    settle(store, 0, alert(), alert(Cause.SOURCE_FAILS, "blog"))
    assert tell(store, 0, "phone", causes_from(Severity.CRITICAL)) == ["mail-late/brief"]
    assert tell(store, 0, "mail", causes_from(Severity.WARNING)) == ["mail-late/brief", "source-fails/blog"]


def test_a_process_that_knows_nothing_of_a_cause_does_not_end_it(store: Store) -> None:
    settle(store, 0, alert(Cause.CERTIFICATE_ENDS, "news.example.org"), alert(Cause.DISK_FULL, "store", host="a"))
    settle(store, 60, judged=ALL - {Cause.CERTIFICATE_ENDS}, host="b")
    assert [one.alert.cause for one in store.alerts.on()] == [Cause.CERTIFICATE_ENDS, Cause.DISK_FULL]
    settle(store, 61, host="a")
    assert store.alerts.on() == []


def test_the_disk_of_a_machine_that_is_gone_is_not_full_for_ever(store: Store) -> None:
    settle(store, 0, alert(Cause.DISK_FULL, "store", host="a"))
    settle(store, 24 * 60, host="b")
    assert store.alerts.on() == []


def test_what_could_not_be_told_is_tried_again_later(store: Store) -> None:
    settle(store, 0, alert())
    taken = take(store, 0)
    assert take(store, 1) == [], "somebody is about to"
    store.alerts.untold("mail", taken, at(10))
    assert take(store, 9) == []
    (again,) = take(store, 10)
    assert again.failures == 1
    store.alerts.untold("mail", [again], at(20))
    assert [one.failures for one in take(store, 20)] == [2]


def test_who_dies_before_it_is_told_leaves_it_to_others(store: Store) -> None:
    settle(store, 0, alert())
    assert len(take(store, 0)) == 1
    assert take(store, 4) == []
    assert tell(store, 5) == ["mail-late/brief"]


def test_of_several_that_look_at_once_one_tells(store: Store) -> None:
    def look(host: str) -> int:
        settle(store, 0, alert(), alert(Cause.HELD, "mailing"), host=host)
        return len(tell(store, 0))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(look, "abcdefgh")) == 2
    assert len(store.alerts.on()) == 2
