"""What a token entitles to."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.audience.choices import Choices
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import SubscriptionId, SubscriptionState, address_key, masked
from tests.fakes.subscriptions import MemorySubscriptions, a_subscription

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEYS = TokenKeys(b"k" * 32)


def test_a_good_token_finds_ends_and_revives_its_subscription() -> None:
    store = MemorySubscriptions({7: a_subscription(7), 8: a_subscription(8)})
    choices, token = Choices(KEYS, store), KEYS.make(UNSUBSCRIBE, SubscriptionId(7))
    assert choices.find(token) == a_subscription(7)
    assert store.changes == []
    ended = choices.unsubscribe(token, NOW, "page")
    assert ended is not None
    assert (ended.state, ended.ended_how) == (SubscriptionState.UNSUBSCRIBED, "page")
    assert choices.resubscribe(token, NOW) == a_subscription(7)
    assert store.by_id[8] == a_subscription(8)


def test_a_token_of_another_purpose_does_nothing() -> None:
    store = MemorySubscriptions({7: a_subscription(7)})
    choices, token = Choices(KEYS, store), KEYS.make("confirm", SubscriptionId(7))
    assert choices.find(token) is None
    assert choices.unsubscribe(token, NOW, "page") is None
    assert choices.resubscribe(token, NOW) is None
    assert store.changes == []


def test_addresses_are_compared_without_case_and_form() -> None:
    assert address_key(" Anna@Example.ORG ") == address_key("anna@example.org")
    assert address_key("jo\u0308rg@example.org") == address_key("JÖRG@example.org")


def test_a_masked_address_tells_its_owner_and_nobody_else() -> None:
    assert masked("anna.schmidt@example.org") == "a***@example.org"
    assert masked("no address") == "***"
