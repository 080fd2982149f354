"""Lists of people, on both databases: nobody is mailed who doesn't want it, and nobody is lost or there twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from pipeline.audience.preferences import Preferences
from pipeline.audience.store import ImportCounts
from pipeline.audience.tokens import PREFERENCES
from pipeline.domain.audience import NewSubscriber, Standing, SubscriptionState, SuppressionReason
from pipeline.store.database import reading
from pipeline.store.store import Store, open_store
from pipeline.store.tables import subscriber, subscription
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting
from tests.fakes.providers import FakeProvider
from tests.fakes.signing_up import KEYS, WEEKLY, asked, confirmed, desk_for, sign_up, subscribed
from tests.fakes.times import START, at


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path, START, lambda _directory: KEYS.address_digests)
    yield opened
    opened.close()


def brought(
    store: Store, *people: NewSubscriber, minutes: float = 1, newsletter: str = WEEKLY, cadence: str = "daily"
) -> ImportCounts:
    expected = store.subscriptions.fates(people, newsletter)
    counts = store.subscriptions.add_subscribers(
        people, newsletter, cadence, confirmed=True, now=at(minutes), consent="Formular 2019"
    )
    assert counts == expected, "a rehearsal says what would be done"
    return counts


def person(name: str, standing: Standing = Standing.SUBSCRIBED, agreed: datetime | None = None) -> NewSubscriber:
    return NewSubscriber(address=f"{name}@example.org", standing=standing, agreed=agreed)


def state(store: Store, name: str, newsletter: str = WEEKLY) -> str | None:
    found = next(store.subscriptions.listed(newsletter=newsletter, address=f"{name}@example.org"), None)
    return f"{found.state}" + (f" by {found.ended_how}" if found.ended_how else "") if found else None


def why(store: Store, name: str) -> SuppressionReason | None:
    found = store.subscriptions.suppression(f"{name}@example.org")
    return found.reason if found else None


def test_each_is_what_they_were_there(store: Store) -> None:
    counts = brought(store, *(person(standing.value, standing) for standing in Standing))
    assert counts == ImportCounts(new=1, ended=1, barred=3, unconfirmed=1)
    assert state(store, "subscribed") == "active"
    assert state(store, "unsubscribed") == "unsubscribed by import"
    assert [state(store, name) for name in ("bounced", "complained", "blocked", "unconfirmed")] == [None] * 4
    assert why(store, "bounced") is SuppressionReason.HARD_BOUNCE
    assert why(store, "complained") is SuppressionReason.COMPLAINT
    assert why(store, "blocked") is SuppressionReason.UNSUBSCRIBED
    assert why(store, "unconfirmed") is None
    again = brought(store, *(person(standing.value, standing) for standing in Standing), minutes=2)
    assert again == ImportCounts(existing=2, suppressed=3, unconfirmed=1)
    later = brought(store, *(person(standing.value) for standing in Standing), minutes=3)
    assert later == ImportCounts(new=1, existing=2, suppressed=3), "who has left stays away"


def test_a_later_list_ends_what_an_earlier_one_brought_and_nothing_that_people_chose_here(store: Store) -> None:
    subscribed(store, START, "ben@example.org")
    brought(store, person("anna"))
    counts = brought(store, person("anna", Standing.UNSUBSCRIBED), person("ben", Standing.UNSUBSCRIBED), minutes=2)
    assert counts == ImportCounts(ended=1, existing=1)
    assert (state(store, "anna"), state(store, "ben")) == ("unsubscribed by import", "active")
    assert brought(store, person("ben", Standing.COMPLAINED), minutes=3) == ImportCounts(barred=1)
    assert why(store, "ben") is SuppressionReason.COMPLAINT


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_rows_about_one_person_that_counts_by_which_they_have_left(store: Store, order: tuple[int, int]) -> None:
    rows = [person("anna"), person("anna", Standing.UNSUBSCRIBED)]
    brought(store, *(rows[number] for number in order))
    assert state(store, "anna") == "unsubscribed by import"


def test_what_they_agreed_to_is_kept_with_each(store: Store) -> None:
    then = datetime(2019, 5, 6, tzinfo=UTC)
    brought(store, person("anna", agreed=then), person("ben", agreed=START + timedelta(days=9)), person("chiara"))
    told = {}
    for name in ("anna", "ben", "chiara"):
        found = next(store.subscriptions.listed(address=f"{name}@example.org"))
        known = store.preferences.everything(found.id)
        assert known is not None
        ((told[name]),) = known["consents"]
    assert {one["words"] for one in told.values()} == {"Formular 2019"}
    assert told["anna"]["confirmed"] == then.isoformat()
    assert told["ben"]["confirmed"] == told["chiara"]["confirmed"] == at(1).isoformat(), "nobody agrees tomorrow"


def test_a_list_that_was_cut_short_is_finished_by_the_next_try(store: Store) -> None:
    everybody = [person(f"reader{number}") for number in range(5_000)]

    def cut() -> Iterator[NewSubscriber]:
        yield from everybody[:4_500]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.subscriptions.add_subscribers(cut(), WEEKLY, "daily", confirmed=True, now=at(1))
    there = store.subscriptions.count()
    assert 0 < there < 4_500, "what is done is done, some thousand at once"
    assert brought(store, *everybody, minutes=2) == ImportCounts(new=5_000 - there, existing=there)
    with reading(store.engine) as tx:
        assert tx.execute(select(func.count()).select_from(subscriber)).scalar_one() == 5_000
        assert tx.execute(select(func.count()).select_from(subscription)).scalar_one() == 5_000


@pytest.mark.parametrize("why_gone", ["erased", "complained", "by hand"])
def test_who_was_deleted_gets_no_mail_when_a_list_brings_them_again(store: Store, why_gone: str) -> None:
    mine = Preferences(KEYS, store.subscriptions, store.preferences, store.sign_ups)
    brought(store, person("anna"), person("ben"), newsletter=NEWSLETTER, cadence="immediate")
    anna = next(store.subscriptions.listed(address="anna@example.org"))
    if why_gone == "complained":
        store.subscriptions.suppress("anna@example.org", SuppressionReason.COMPLAINT, "", at(2))
    if why_gone == "by hand":
        assert store.preferences.erase_address("Anna@example.org", at(3))
    else:
        assert mine.erase(KEYS.make(PREFERENCES, anna.id), at(3))

    people = [person("anna"), person("ben")]
    counts = brought(store, *people, newsletter=NEWSLETTER, cadence="immediate", minutes=4)
    assert counts == ImportCounts(existing=1, suppressed=1)
    show(store, [sighting("a")], at(5))
    assert freeze_immediate(store, at(5))
    assert submitted(store) == ["ben@example.org"]

    notices = sign_up(store, at(6), asked(newsletter=NEWSLETTER))
    if why_gone == "complained":
        assert notices == [], "who called it spam is asked by nobody"
        return
    assert confirmed(store, notices[0], at(7))
    assert store.subscriptions.suppression("anna@example.org") is None
    store.preferences.choose(
        next(store.subscriptions.listed(address="anna@example.org")).id,
        asked(choice=asked().choice).choice.__class__(cadence="immediate"),
        at(8),
    )
    show(store, [sighting("a"), sighting("b")], at(9))
    assert freeze_immediate(store, at(9))
    assert submitted(store) == ["anna@example.org", "ben@example.org"]


def submitted(store: Store) -> list[str]:
    provider = FakeProvider()
    desk = desk_for(store, [provider], at(60))
    desk.ledger = store.ledger
    desk.providers = {NEWSLETTER: [provider]}
    while desk.submit_next():
        pass
    return sorted(address for address, _ in provider.accepted)


def test_an_address_that_is_nobodys_here_can_be_erased_too(store: Store) -> None:
    brought(store, person("anna", Standing.BOUNCED))
    sign_up(store, at(2), asked("ben@example.org"))
    assert store.preferences.erase_address("anna@example.org", at(3))
    assert store.preferences.erase_address("ben@example.org", at(3))
    assert not store.preferences.erase_address("chiara@example.org", at(3))
    assert [one.address_key[:1] for one in store.subscriptions.suppressions()] == ["#"]
    assert why(store, "anna") is SuppressionReason.HARD_BOUNCE
    assert state(store, "ben") is None


def test_who_left_long_ago_is_erased_and_who_has_another_subscription_is_not(store: Store) -> None:
    brought(store, person("anna"), person("ben"), person("chiara"))
    brought(store, person("ben"), newsletter=NEWSLETTER)
    for name in ("anna", "ben"):
        found = next(store.subscriptions.listed(newsletter=WEEKLY, address=f"{name}@example.org"))
        store.subscriptions.unsubscribe(found.id, at(2), "one-click")
    assert store.preferences.let_go(at(2), at(9)) == 0, "not yet long ago"
    assert store.preferences.let_go(at(3), at(9)) == 1
    assert store.preferences.let_go(at(3), at(9)) == 0
    assert state(store, "anna") is None
    assert (state(store, "ben"), state(store, "chiara")) == ("unsubscribed by one-click", "active")
    assert state(store, "ben", NEWSLETTER) == "active"
    assert why(store, "anna") is SuppressionReason.ERASED
    assert SubscriptionState.ACTIVE in {one.state for one in store.subscriptions.listed()}
