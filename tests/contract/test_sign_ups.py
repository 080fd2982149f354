"""Signing up, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from pipeline.audience.sign_up_store import Confirmed
from pipeline.domain.audience import (
    Choice,
    NewSubscriber,
    SubscriptionId,
    SubscriptionState,
    SuppressionReason,
)
from pipeline.domain.ledger import OutcomeKind
from pipeline.domain.notice import NoticeKind
from pipeline.domain.sign_up import CONFIRM_WITHIN, SignUpId, SignUpKind
from pipeline.store.database import reading, writing
from pipeline.store.store import Store
from pipeline.store.tables import consent_text, notice
from pipeline.store.tables import sign_up as sign_up_table
from tests.fakes.mailing import freeze_immediate, show, sighting
from tests.fakes.providers import ANSWER_LOST, CALL_LOST, UNAVAILABLE, FakeProvider
from tests.fakes.signing_up import (
    WEEKLY,
    asked,
    confirmed,
    desk_for,
    render_all,
    sign_up,
    subscribed,
)
from tests.fakes.times import START, at

DAYS = 24 * 60


def states(store: Store) -> list[tuple[str, str]]:
    with reading(store.engine) as tx:
        return [tuple(row) for row in tx.execute(select(notice.c.kind, notice.c.state).order_by(notice.c.created_at))]  # type: ignore[misc]


def test_who_signs_up_is_asked_and_subscribed_once_they_confirm(store: Store) -> None:
    (mail,) = sign_up(store, START)
    assert (mail.kind, mail.language, mail.cadence) == (NoticeKind.CONFIRM, "de", "daily")
    assert mail.name == "", "who may be anybody doesn't write into a stranger's mail"
    assert store.subscriptions.count() == 0

    done = confirmed(store, mail, at(5), [WEEKLY])
    assert done is not None
    assert done.what is Confirmed.DONE
    one = done.subscription
    assert (one.state, one.cadence, one.topics) == (SubscriptionState.ACTIVE, "daily", ("ki",))
    assert (one.subscriber.address, one.subscriber.name) == ("anna@example.org", "Anna")

    again = confirmed(store, mail, at(6), [WEEKLY])
    assert again is not None
    assert again.what is Confirmed.BEFORE
    assert [one.kind for one in store.notices.unrendered()] == [NoticeKind.CONFIRM, NoticeKind.WELCOME]


def test_what_was_agreed_to_is_kept_and_no_address_beside_the_subscribers(store: Store) -> None:
    done = subscribed(store, START)
    told = store.preferences.everything(done.subscription.id)
    assert told is not None
    assert told["consents"] == [
        {
            "to": "subscription",
            "newsletter": WEEKLY,
            "asked": START.isoformat(),
            "asked_from": "203.0.113.0/24",
            "confirmed": START.isoformat(),
            "confirmed_from": "198.51.100.0/24",
            "words": "Ja, ich will.",
        }
    ]
    with reading(store.engine) as tx:
        assert tx.execute(select(sign_up_table.c.address, sign_up_table.c.mailbox)).one() == ("", "")
        assert tx.execute(select(func.count()).select_from(consent_text)).scalar_one() == 1


def test_ten_thousand_sign_ups_for_a_victim_are_one_mail(store: Store) -> None:
    store.sign_ups.ask(asked("VICTIM@example.org"), START)
    store.sign_ups.ask(asked("victim+1@example.org"), START)
    with writing(store.engine) as tx:
        rows = [dict(row) for row in tx.execute(select(sign_up_table)).mappings()]
        tx.execute(insert(sign_up_table), [{**rows[number % 2], "id": number} for number in range(3, 10_001)])
    while store.sign_ups.decide(START):
        pass
    assert len(store.notices.unrendered()) == 1
    with reading(store.engine) as tx:
        assert tx.execute(select(func.count()).select_from(sign_up_table)).scalar_one() == 1


def test_a_mailbox_is_mailed_again_after_an_hour_then_a_day_then_a_week(store: Store) -> None:
    due = [0, 60, 60 + DAYS, 60 + 8 * DAYS, 60 + 15 * DAYS]
    tries = sorted({*due, *(minutes - 1 for minutes in due[1:]), *(minutes + 1 for minutes in due)})
    assert [minutes for minutes in tries if sign_up(store, at(minutes))] == due


def test_a_mailbox_gets_three_a_day_from_all_newsletters(store: Store) -> None:
    assert len(sign_up(store, START, *(asked(newsletter=f"n{number}") for number in range(10)))) == 3


def test_mail_that_was_wanted_does_not_count_against_the_mailbox(store: Store) -> None:
    one = subscribed(store, START).subscription
    store.subscriptions.unsubscribe(one.id, at(1), "page")
    (mail,) = sign_up(store, at(2))
    done = confirmed(store, mail, at(3))
    assert done is not None
    assert (done.subscription.id, done.subscription.state) == (one.id, SubscriptionState.ACTIVE)


def test_who_is_subscribed_gets_their_links_and_nothing_changes(store: Store) -> None:
    one = subscribed(store, START).subscription
    (mail,) = sign_up(store, at(1), asked(name="Somebody else"))
    assert (mail.kind, mail.subscription, mail.name) == (NoticeKind.WELCOME, one.id, "Anna")
    assert store.subscriptions.subscription(one.id) == one
    assert sign_up(store, at(2)) == []


def test_a_link_works_for_a_week(store: Store) -> None:
    (mail,) = sign_up(store, START)
    assert mail.sign_up is not None
    assert store.sign_ups.find(SignUpId(mail.sign_up), START + CONFIRM_WITHIN - timedelta(seconds=1))
    assert store.sign_ups.find(SignUpId(mail.sign_up), START + CONFIRM_WITHIN) is None
    assert confirmed(store, mail, START + CONFIRM_WITHIN) is None
    store.sign_ups.forget(START + CONFIRM_WITHIN)
    with reading(store.engine) as tx:
        assert tx.execute(select(func.count()).select_from(sign_up_table)).scalar_one() == 0
    (other,) = sign_up(store, START + CONFIRM_WITHIN, asked("ben@example.org"))
    assert other.sign_up != mail.sign_up, "a number that a link was made of is not given out again"


LIFTED = {
    SuppressionReason.HARD_BOUNCE: True,
    SuppressionReason.SOFT_BOUNCE: True,
    SuppressionReason.UNSUBSCRIBED: True,
    SuppressionReason.ERASED: True,
    SuppressionReason.COMPLAINT: False,
    SuppressionReason.MANUAL: False,
}


@pytest.mark.parametrize("reason", SuppressionReason)
def test_a_confirmation_lifts_a_suppression_but_no_complaint_and_no_operators(
    store: Store, reason: SuppressionReason
) -> None:
    store.subscriptions.suppress("anna@example.org", reason, "", START)
    mails = sign_up(store, at(1))
    assert bool(mails) is LIFTED[reason]
    if not mails:
        return
    render_all(store)
    provider = FakeProvider()
    assert desk_for(store, [provider], at(1)).submit_next(), "also to an address that bounced: this is how it proves"
    assert store.subscriptions.suppression("anna@example.org")
    assert confirmed(store, mails[0], at(2))
    assert store.subscriptions.suppression("anna@example.org") is None


def test_a_complaint_between_mail_and_confirmation_counts(store: Store) -> None:
    (mail,) = sign_up(store, START)
    store.subscriptions.suppress("anna@example.org", SuppressionReason.COMPLAINT, "", START)
    assert confirmed(store, mail, at(1)) is None
    assert store.subscriptions.count() == 0


def test_two_who_confirm_at_once_are_one_subscription(store: Store) -> None:
    (mail,) = sign_up(store, START)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: confirmed(store, mail, at(1), [WEEKLY]), range(4)))
    assert sorted(one.what for one in done if one) == [Confirmed.BEFORE] * 3 + [Confirmed.DONE]
    assert store.subscriptions.count() == 1
    assert len(store.notices.unrendered()) == 2


def test_what_was_released_before_the_confirmation_is_not_mailed(store: Store) -> None:
    (mail,) = sign_up(store, START, asked(newsletter="brief", choice=Choice(cadence="immediate")))
    show(store, [sighting("a")], at(1))
    store.articles.release(at(1))
    assert confirmed(store, mail, at(2))
    show(store, [sighting("b")], at(3))
    issue = freeze_immediate(store, at(3))
    assert issue is not None
    (variant,) = store.issues.details(issue).variants
    assert variant.subject == "Titel b"


# The address of mail


def change(store: Store, number: SubscriptionId, address: str) -> list[object]:
    wish = asked(address, kind=SignUpKind.ADDRESS, subscription=number, name="")
    return list(sign_up(store, at(1), wish))


def test_a_new_address_counts_once_it_is_confirmed(store: Store) -> None:
    one = subscribed(store, START).subscription
    (mail,) = change(store, one.id, "anna@new.example.org")
    assert store.subscriptions.subscription(one.id) == one
    done = confirmed(store, mail, at(2), [WEEKLY])  # type: ignore[arg-type]
    assert done is not None
    assert done.subscription.subscriber.address == "anna@new.example.org"
    assert done.subscription.subscriber.id == one.subscriber.id
    assert {one.kind for one in store.notices.unrendered()} == {NoticeKind.CONFIRM}


def test_an_address_that_is_somebody_elses_stays_theirs(store: Store) -> None:
    one, other = subscribed(store, START).subscription, subscribed(store, START, "ben@example.org").subscription
    (mail,) = change(store, one.id, "ben@example.org")
    done = confirmed(store, mail, at(2))  # type: ignore[arg-type]
    assert done is not None
    assert done.what is Confirmed.TAKEN
    assert store.subscriptions.subscription(one.id) == one
    assert store.subscriptions.subscription(other.id) == other


# Mail


def test_a_notice_is_mailed_once_and_its_message_is_not_kept(store: Store) -> None:
    sign_up(store, START)
    provider = FakeProvider()
    desk = desk_for(store, [provider], START)
    assert not desk.submit_next(), "it has no message yet"
    render_all(store)
    assert desk.submit_next()
    assert not desk.submit_next()
    assert [address for address, _ in provider.accepted] == ["anna@example.org"]
    assert states(store) == [("confirm", "accepted")]
    with reading(store.engine) as tx:
        assert tx.execute(select(notice.c.message)).scalar_one() is None


def test_a_notice_goes_to_the_next_provider_if_the_first_is_not_available(store: Store) -> None:
    sign_up(store, START)
    render_all(store)
    first, second = FakeProvider("first", script=[UNAVAILABLE]), FakeProvider("second")
    desk = desk_for(store, [first, second], START)
    while desk.submit_next():
        pass
    assert (len(first.accepted), len(second.accepted)) == (0, 1)


def test_a_notice_in_doubt_is_never_mailed_twice_and_nobody_has_to_decide(store: Store) -> None:
    sign_up(store, START)
    render_all(store)
    provider = FakeProvider(script=[ANSWER_LOST])
    desk = desk_for(store, [provider], START)
    assert desk.submit_next()
    desk.resolve_doubts()
    assert not desk.submit_next()
    assert states(store) == [("confirm", "in_doubt")]
    store.notices.give_up(at(2 * DAYS))
    assert states(store) == [("confirm", "rejected")]
    assert len(provider.accepted) == 1


def test_a_provider_that_knows_keys_takes_a_notice_out_of_doubt(store: Store) -> None:
    sign_up(store, START)
    render_all(store)
    provider = FakeProvider(script=[CALL_LOST], key_life=timedelta(hours=1))
    desk = desk_for(store, [provider], START)
    assert desk.submit_next()
    assert desk.resolve_doubts() == []
    assert (states(store), len(provider.accepted)) == ([("confirm", "accepted")], 1)


def test_a_desk_that_dies_in_a_call_leaves_a_doubt_and_before_it_nothing(store: Store) -> None:
    sign_up(store, START)
    render_all(store)
    dead = desk_for(store, [FakeProvider()], START, "dead")
    claimed = store.notices.claim(dead._routes(), "dead", START, timedelta(minutes=2))
    assert claimed is not None
    assert store.notices.owners() == ["dead"]
    store.notices.expire(START, ["dead"])
    assert states(store) == [("confirm", "ready")]
    claimed = store.notices.claim(dead._routes(), "dead", START, timedelta(minutes=2))
    assert claimed is not None
    assert claimed.lane is not None
    assert store.notices.intend(claimed, "dead", claimed.lane, "hash", START, timedelta(minutes=2))
    store.notices.expire(START, ["dead"])
    assert states(store) == [("confirm", "in_doubt")]
    provider = FakeProvider()
    assert not desk_for(store, [provider], at(1)).submit_next()


def test_four_desks_mail_each_notice_once(store: Store) -> None:
    sign_up(store, START, *(asked(f"p{number}@example.org") for number in range(24)))
    render_all(store)
    provider = FakeProvider()
    desks = [desk_for(store, [provider], START, f"desk {number}") for number in range(4)]

    def drain(number: int) -> None:
        while desks[number].submit_next():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, range(4)))
    assert sorted(address for address, _ in provider.accepted) == sorted(f"p{n}@example.org" for n in range(24))


def test_a_goodbye_is_said_once_a_day_and_only_where_it_is_wanted(store: Store) -> None:
    one = subscribed(store, START).subscription
    before = len(store.notices.unrendered())
    store.subscriptions.unsubscribe(one.id, at(1), "page")
    store.subscriptions.resubscribe(one.id, at(2))
    assert len(store.notices.unrendered()) == before
    for minutes in range(3, 20):
        store.subscriptions.unsubscribe(one.id, at(minutes), "page", goodbyes=[WEEKLY])
        store.subscriptions.resubscribe(one.id, at(minutes))
    assert [one.kind for one in store.notices.unrendered()][before:] == [NoticeKind.GOODBYE]


def test_a_refused_notice_is_over(store: Store) -> None:
    sign_up(store, START)
    render_all(store)
    desk = desk_for(store, [FakeProvider(refused={"anna@example.org": OutcomeKind.REJECTED})], START)
    assert desk.submit_next()
    assert states(store) == [("confirm", "rejected")]


def test_of_notices_that_were_handed_over_those_count_that_were_accepted(store: Store) -> None:
    sign_up(store, START, asked(), asked("ben@example.org"), asked("chiara@example.org", "other"))
    render_all(store)
    refused = FakeProvider(refused={"ben@example.org": OutcomeKind.REJECTED})
    desk = desk_for(store, [refused], START)
    while desk.submit_next():
        pass
    with reading(store.engine) as tx:
        ids = tx.execute(select(notice.c.id)).scalars().all()
    assert store.notices.accepted(ids) == {WEEKLY: len(refused.accepted)} == {WEEKLY: 1}
    assert store.notices.accepted([]) == {}


def test_who_has_not_confirmed_yet_is_listed_while_they_may(store: Store) -> None:
    (mail,) = sign_up(store, START, asked())
    sign_up(store, START, asked("ben@example.org"), asked("ben@example.org", "other"))

    def listed(newsletter: str | None, minutes: int = 1, limit: int = 9) -> list[tuple[str, str]]:
        found = store.sign_ups.unconfirmed(newsletter, at(minutes), limit)
        return [(one.address.partition("@")[0], one.newsletter) for one in found]

    assert listed(None) == [("anna", WEEKLY), ("ben", WEEKLY), ("ben", "other")]
    assert listed(WEEKLY, limit=1) == [("anna", WEEKLY)]
    confirmed(store, mail, at(2), [WEEKLY])
    assert listed(WEEKLY) == [("ben", WEEKLY)]
    assert listed(None, minutes=7 * DAYS) == []


def test_a_welcome_does_not_go_to_who_has_left_meanwhile(store: Store) -> None:
    (mail,) = sign_up(store, START)
    done = confirmed(store, mail, at(1), [WEEKLY])
    assert done is not None
    store.subscriptions.unsubscribe(done.subscription.id, at(2), "page")
    render_all(store)
    provider = FakeProvider()
    while desk_for(store, [provider], at(3)).submit_next():
        pass
    assert provider.accepted == []
    assert {state for _, state in states(store)} == {"cancelled"}


def test_an_import_does_not_bring_back_who_was_suppressed_while_signing_up(store: Store) -> None:
    store.subscriptions.suppress("anna@example.org", SuppressionReason.UNSUBSCRIBED, "", START)
    sign_up(store, START)
    person = NewSubscriber(address="anna@example.org")
    counts = store.subscriptions.add_subscribers([person], WEEKLY, "daily", confirmed=True, now=at(1))
    assert (counts.suppressed, counts.new) == (1, 0)


def test_who_erases_an_address_that_nobody_confirmed_stops_the_mail_to_it(store: Store) -> None:
    sign_up(store, START, asked("anna+news@example.org"), asked("ben@example.org"))
    render_all(store)
    assert store.preferences.erase_address("ANNA+news@example.org", at(1))
    provider = FakeProvider()
    while desk_for(store, [provider], at(1)).submit_next():
        pass
    assert [address for address, _ in provider.accepted] == ["ben@example.org"]
    assert [one["newsletter"] for one in store.preferences.unconfirmed("ben@example.org")] == [WEEKLY]
    assert store.preferences.unconfirmed("anna+news@example.org") == []
    with reading(store.engine) as tx:
        assert "anna" not in str(tx.execute(select(notice)).all())
