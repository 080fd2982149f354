"""Tokens in links."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import SubscriptionId

KEYS = TokenKeys(b"k" * 32)
numbers = st.integers(1, 2**64 - 1).map(SubscriptionId)


@settings(deadline=None)
@given(number=numbers)
def test_a_token_names_its_subscription_and_fits_into_a_link(number: SubscriptionId) -> None:
    token = KEYS.make(UNSUBSCRIBE, number)
    assert KEYS.read(UNSUBSCRIBE, token) == number
    assert KEYS.make(UNSUBSCRIBE, number) == token
    assert re.fullmatch(r"[A-Za-z0-9_-]{23,32}[0-9a-f]{2}", token)


@settings(deadline=None)
@given(number=numbers)
def test_a_token_is_good_for_its_purpose_and_its_key_only(number: SubscriptionId) -> None:
    token = KEYS.make(UNSUBSCRIBE, number)
    assert KEYS.read("confirm", token) is None
    assert TokenKeys(b"other key of enough bytes").read(UNSUBSCRIBE, token) is None


@settings(deadline=None)
@given(number=numbers, place=st.integers(0, 30), character=st.characters())
def test_a_token_that_was_changed_anywhere_is_refused(number: SubscriptionId, place: int, character: str) -> None:
    token = KEYS.make(UNSUBSCRIBE, number)
    place %= len(token)
    for changed in (token[:place] + character + token[place + 1 :], token[:place] + character + token[place:]):
        assert changed == token or KEYS.read(UNSUBSCRIBE, changed) is None


@settings(deadline=None)
@given(text=st.text())
def test_no_text_is_mistaken_for_a_token(text: str) -> None:
    assert KEYS.read(UNSUBSCRIBE, text) is None


def test_one_subscription_has_one_spelling() -> None:
    """The number may not be written with leading zeros, nor the base64 with bits that nobody reads."""
    token = KEYS.make(UNSUBSCRIBE, SubscriptionId(300))
    raw = base64.urlsafe_b64decode(token[:-2] + "==")
    padded = base64.urlsafe_b64encode(b"\0" + raw).decode().rstrip("=") + token[-2:]
    assert KEYS.read(UNSUBSCRIBE, padded) is None
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [token[:-3] + letter + token[-2:] for letter in alphabet if letter != token[-3]]
    assert [other for other in others if KEYS.read(UNSUBSCRIBE, other)] == []


def test_links_outlive_a_change_of_keys() -> None:
    old, new = b"the old key, 16 bytes or more", b"the new key, 16 bytes or more"
    token = TokenKeys(old).make(UNSUBSCRIBE, SubscriptionId(5))
    both = TokenKeys(new, [old])
    assert both.read(UNSUBSCRIBE, token) == 5
    assert both.make(UNSUBSCRIBE, SubscriptionId(5)) != token
    assert TokenKeys(new).read(UNSUBSCRIBE, token) is None


def test_keys_that_share_an_id_are_both_tried() -> None:
    keys = [f"key number {count:05}".encode() for count in range(300)]  # more than there are ids
    every = TokenKeys(keys[0], keys[1:])
    assert all(every.read(UNSUBSCRIBE, TokenKeys(key).make(UNSUBSCRIBE, SubscriptionId(9))) == 9 for key in keys)


def test_the_form_of_tokens_never_changes() -> None:
    """Links in mails of years ago have this form."""
    assert TokenKeys(bytes(range(32))).make("unsubscribe", SubscriptionId(123456)) == "AeJAm_T4TIMLldZrQv56fV2iUw0c"


@pytest.mark.parametrize("number", [0, -1])
def test_there_are_no_tokens_for_nobody(number: int) -> None:
    with pytest.raises(ValueError, match="nothing has"):
        KEYS.make(UNSUBSCRIBE, SubscriptionId(number))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        TokenKeys(b"short")
