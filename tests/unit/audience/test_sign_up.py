from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.audience.offer import Offer, read_choice, read_name
from pipeline.domain.audience import Choice, SubscriptionState, SuppressionReason
from pipeline.domain.sign_up import SignUpFate, mailbox_of, may_mail, sign_up_fate
from tests.fakes.times import START

OFFER = Offer(
    name="weekly",
    title="Weekly",
    cadences={"daily": timedelta(days=1), "weekly": timedelta(days=7), "immediate": timedelta()},
    topics=("KI", "Recht"),
    language="de",
    timezone="Europe/Berlin",
    local_time=True,
)
LANGUAGES, ZONES = ("de", "en"), ("Europe/Berlin", "Europe/Dublin")


@pytest.mark.parametrize(
    ("addresses", "mailbox"),
    [
        (("anna@example.org", "Anna+x@EXAMPLE.org", "anna+y+z@example.org"), "anna@example.org"),
        (("a.b@example.org",), "a.b@example.org"),
        (("a.b+c@gmail.com", "AB@gmail.com"), "ab@gmail.com"),
        (("+x@example.org",), "+x@example.org"),
    ],
)
def test_what_is_behind_a_plus_makes_no_other_mailbox(addresses: tuple[str, ...], mailbox: str) -> None:
    assert {mailbox_of(address) for address in addresses} == {mailbox}


def test_a_suppression_that_nobody_but_the_operator_lifts_ends_it() -> None:
    for reason in SuppressionReason:
        fate = sign_up_fate(None, reason, (), "weekly", START)
        final = reason in (SuppressionReason.COMPLAINT, SuppressionReason.MANUAL)
        assert fate is (SignUpFate.NOTHING if final else SignUpFate.CONFIRM)


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (None, SignUpFate.CONFIRM),
        (SubscriptionState.PENDING, SignUpFate.CONFIRM),
        (SubscriptionState.UNSUBSCRIBED, SignUpFate.CONFIRM),
        (SubscriptionState.ACTIVE, SignUpFate.WELCOME),
        (SubscriptionState.PAUSED, SignUpFate.WELCOME),
    ],
)
def test_who_is_subscribed_is_told_so_and_others_are_asked(state: SubscriptionState | None, fate: SignUpFate) -> None:
    assert sign_up_fate(state, None, (), "weekly", START) is fate
    assert sign_up_fate(state, None, [("weekly", START)], "weekly", START) is SignUpFate.NOTHING


def test_who_is_subscribed_at_an_address_that_bounced_can_prove_that_it_works() -> None:
    fate = sign_up_fate(SubscriptionState.ACTIVE, SuppressionReason.HARD_BOUNCE, (), "weekly", START)
    assert fate is SignUpFate.CONFIRM


def test_long_ago_does_not_count() -> None:
    long_ago = [("weekly", START - timedelta(days=30 + day)) for day in range(9)]
    assert may_mail(long_ago, "weekly", START)


def test_a_form_says_only_what_is_on_offer() -> None:
    said = {
        "cadence": ["hourly"],
        "topic": ["ki", "Sport", "<script>"],
        "language": ["xx"],
        "timezone": ["Mars/Olympus"],
    }
    assert read_choice(said, OFFER, LANGUAGES, ZONES) == Choice(cadence="daily", topics=("KI",))
    said = {"cadence": ["weekly"], "language": ["en"], "timezone": ["Europe/Dublin"]}
    chosen = Choice(cadence="weekly", language="en", timezone="Europe/Dublin")
    assert read_choice(said, OFFER, LANGUAGES, ZONES) == chosen


def test_what_is_the_newsletters_own_is_left_to_it() -> None:
    said = {"language": ["de"], "timezone": ["Europe/Berlin"], "topic": ["KI", "Recht"]}
    assert read_choice(said, OFFER, LANGUAGES, ZONES) == Choice(cadence="daily")


def test_what_somebody_has_that_is_no_longer_on_offer_stays_until_they_let_it_go() -> None:
    before = Choice(cadence="hourly", topics=("sport",))
    assert read_choice({"cadence": ["hourly"], "topic": ["sport"]}, OFFER, (), (), before) == before
    assert read_choice({"cadence": ["weekly"]}, OFFER, (), (), before) == Choice(cadence="weekly")
    assert read_choice({}, OFFER, (), (), before).cadence == "hourly"


def test_less_is_what_comes_less_often() -> None:
    assert OFFER.slower_than("immediate") == ("daily", "weekly")
    assert OFFER.slower_than("weekly") == ()
    assert OFFER.slower_than("unknown") == ("daily", "weekly")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Anna   Beispiel ", "Anna Beispiel"),
        ("Anna\r\nBcc: ben@example.org", "Anna Bcc: ben@example.org"),
        ("An\x00na\u202e", "An na"),
        ("{{ 7*7 }} __SUBST_x__", "{{ 7*7 }} __SUBST_x__"),
        ("x" * 500, "x" * 100),
    ],
)
def test_a_name_is_one_short_line(typed: str, name: str) -> None:
    assert read_name({"name": [typed]}) == name
