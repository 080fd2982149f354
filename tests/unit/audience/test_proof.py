from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from pipeline.audience.proof import WAITED, Challenges, Evidence, zero_bits
from pipeline.audience.tokens import TokenKeys
from tests.fakes.times import START

KEYS = TokenKeys(b"k" * 32)
SOON = START + timedelta(seconds=1)
LATER = START + WAITED


def solved(challenge: str, bits: int) -> str:
    return next(str(number) for number in range(1_000_000) if zero_bits(f"{challenge}:{number}") >= bits)


@pytest.fixture
def challenges() -> Challenges:
    return Challenges(KEYS, bits=8)


def test_work_counts_at_once_and_time_without_it(challenges: Challenges) -> None:
    one, other = challenges.make(START), challenges.make(START)
    assert one != other
    assert challenges.judge(one, solved(one, 8), SOON) is Evidence.WORK
    assert challenges.judge(other, "", SOON) is Evidence.NOTHING
    assert challenges.judge(other, "", LATER) is Evidence.TIME


def test_a_challenge_counts_once(challenges: Challenges) -> None:
    one = challenges.make(START)
    work = solved(one, 8)
    assert challenges.judge(one, work, SOON) is Evidence.WORK
    assert challenges.judge(one, work, LATER) is Evidence.NOTHING


@pytest.mark.parametrize(
    "forged",
    ["", ".", "a.b", "\0", "é.é", "-.0", "x" * 500, f"{int(START.timestamp()):x}-0011.{'0' * 64}"],
)
def test_a_challenge_that_we_did_not_make_is_worth_nothing(challenges: Challenges, forged: str) -> None:
    assert challenges.judge(forged, "0", LATER) is Evidence.NOTHING


def test_an_altered_an_old_and_a_foreign_challenge_are_worth_nothing(challenges: Challenges) -> None:
    one = challenges.make(START)
    assert challenges.judge(one[:-1] + ("0" if one[-1] != "0" else "1"), "", LATER) is Evidence.NOTHING
    assert challenges.judge(one, "", START + timedelta(hours=3)) is Evidence.NOTHING
    foreign = Challenges(TokenKeys(b"f" * 32)).make(START)
    assert challenges.judge(foreign, "", LATER) is Evidence.NOTHING
    assert challenges.judge(KEYS.sign("other purpose", one.rpartition(".")[0]), "", LATER) is Evidence.NOTHING


def test_a_challenge_survives_a_change_of_keys() -> None:
    one = Challenges(KEYS).make(START)
    assert Challenges(TokenKeys(b"n" * 32, [b"k" * 32])).judge(one, "", LATER) is Evidence.TIME


def test_bits_are_counted_from_the_first() -> None:
    for number in range(200):
        digest = sha256(f"abc:{number}".encode()).hexdigest()
        bits = f"{int(digest, 16):0256b}"
        assert zero_bits(f"abc:{number}") == len(bits) - len(bits.lstrip("0"))


def test_a_form_without_work_is_never_taken_for_one_with_it() -> None:
    lenient = Challenges(KEYS, bits=0)
    assert lenient.judge(lenient.make(START), "", LATER) is Evidence.TIME
    assert lenient.judge(lenient.make(START), "0", SOON) is Evidence.WORK
