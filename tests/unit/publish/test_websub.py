from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.publish.websub.asking import (
    DEFAULT_LEASE,
    LONGEST_LEASE,
    SHORTEST_LEASE,
    Asked,
    AskedWrongly,
    Mode,
    read_asked,
)
from pipeline.publish.websub.caller import Answer
from pipeline.publish.websub.distribution import LONGEST_WAIT, Fate, Tries, judge, wait
from pipeline.publish.websub.intent import confirms, denial, question

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FORM = {
    "hub.mode": "subscribe",
    "hub.topic": "https://news.example.org/feeds/alle/atom.xml",
    "hub.callback": "https://reader.example.net/push?id=1",
}


def test_a_request_is_read_and_what_is_not_known_is_ignored() -> None:
    form = FORM | {"hub.secret": "geheim", "hub.lease_seconds": "86400", "hub.verify": "async", "x": "y"}
    assert read_asked(form, "192.0.2.0/24") == Asked(
        mode=Mode.SUBSCRIBE,
        topic=FORM["hub.topic"],
        callback=FORM["hub.callback"],
        secret="geheim",
        lease=timedelta(days=1),
        network="192.0.2.0/24",
    )


@pytest.mark.parametrize(
    ("asked", "lease"),
    [
        ("", DEFAULT_LEASE),
        ("1", SHORTEST_LEASE),
        ("864000", timedelta(days=10)),
        ("99999999", LONGEST_LEASE),
        ("9" * 5000, LONGEST_LEASE),
    ],
)
def test_a_lease_is_as_long_as_is_asked_within_bounds(asked: str, lease: timedelta) -> None:
    assert read_asked(FORM | {"hub.lease_seconds": asked}).lease == lease


def test_a_lease_means_nothing_to_who_unsubscribes() -> None:
    assert read_asked(FORM | {"hub.mode": "unsubscribe", "hub.lease_seconds": "nonsense"}).mode is Mode.UNSUBSCRIBE


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hub.mode": ""}, "hub.mode"),
        ({"hub.mode": "publish"}, "hub.mode"),
        ({"hub.mode": "denied"}, "hub.mode"),
        ({"hub.topic": ""}, "hub.topic is missing"),
        ({"hub.callback": ""}, "hub.callback is missing"),
        ({"hub.callback": "ftp://reader.example.net/"}, "hub.callback is no absolute"),
        ({"hub.callback": "/push"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net:x/"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net:99999/"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://[::1/"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net/a b"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net/a\r\nX-Evil: 1"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net/ü"}, "hub.callback is no absolute"),
        ({"hub.callback": "https://reader.example.net/#a"}, "fragment"),
        ({"hub.callback": "https://me:pw@reader.example.net/"}, "user name"),
        ({"hub.callback": "https://reader.example.net/" + "a" * 2000}, "longer than"),
        ({"hub.topic": "https://news.example.org/" + "a" * 2000}, "longer than"),
        ({"hub.topic": "https://news.example.org/\0"}, "hub.topic is no absolute"),
        ({"hub.secret": "x" * 200}, "shorter than 200 bytes"),
        ({"hub.secret": "ü" * 100}, "shorter than 200 bytes"),
        ({"hub.secret": "a\0b"}, "NUL"),
        ({"hub.lease_seconds": "0"}, "positive"),
        ({"hub.lease_seconds": "-5"}, "positive"),
        ({"hub.lease_seconds": "1.5"}, "positive"),
        ({"hub.lease_seconds": "²"}, "positive"),
    ],
)
def test_what_breaks_the_protocol_is_refused_with_the_reason(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(AskedWrongly, match=said):
        read_asked(FORM | wrong)


def test_a_secret_of_199_bytes_is_taken_and_an_empty_one_is_none() -> None:
    assert read_asked(FORM | {"hub.secret": "x" * 199}).secret == "x" * 199
    assert read_asked(FORM | {"hub.secret": ""}).secret is None


@pytest.mark.parametrize(
    ("callback", "host"),
    [
        ("https://Reader.example.net/a", "reader.example.net:443"),
        ("https://reader.example.net.:443/a", "reader.example.net:443"),
        ("http://reader.example.net/a", "reader.example.net:80"),
        ("http://[2001:DB8::1]:8080/", "2001:db8::1:8080"),
    ],
)
def test_a_host_is_the_same_however_it_is_written(callback: str, host: str) -> None:
    assert Asked(mode=Mode.SUBSCRIBE, topic="", callback=callback).host == host


@pytest.mark.parametrize(
    ("callback", "begins"),
    [
        ("https://r.example/cb", "https://r.example/cb?hub.mode="),
        ("https://r.example/cb?", "https://r.example/cb?hub.mode="),
        ("https://r.example/cb?a=%C3%BC&b", "https://r.example/cb?a=%C3%BC&b&hub.mode="),
        ("https://r.example/cb?hub.mode=x&", "https://r.example/cb?hub.mode=x&hub.mode="),
    ],
)
def test_a_callbacks_own_query_stays_as_it_is(callback: str, begins: str) -> None:
    asked = Asked(mode=Mode.SUBSCRIBE, topic="https://news.example.org/a?b&c", callback=callback)
    assert question(asked, "c4a").startswith(f"{begins}subscribe&hub.topic=https%3A%2F%2Fnews.example.org%2Fa%3Fb%26c&")
    assert denial(asked, "Nein & Amen.").startswith(f"{begins}denied&")
    assert denial(asked, "Nein & Amen.").endswith("&hub.reason=Nein+%26+Amen.")


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [
        (Answer(status=200, body=b"c4a"), True),
        (Answer(status=202, body=b"c4a"), True),
        (Answer(status=200, body=b"c4a\n"), False),
        (Answer(status=200, body=b""), False),
        (Answer(status=404, body=b"c4a"), False),
        (Answer(status=302, body=b"c4a"), False),
        (Answer(error="the connection was refused."), False),
    ],
)
def test_only_the_challenge_itself_confirms(answer: Answer, *, confirmed: bool) -> None:
    assert confirms(answer, "c4a") is confirmed


def test_waits_grow_to_a_bound_and_differ_between_subscriptions() -> None:
    waits = [wait("a", failures) for failures in range(1, 60)]
    assert timedelta(seconds=22) < waits[0] <= timedelta(seconds=30)
    assert all(LONGEST_WAIT * 0.75 <= long <= LONGEST_WAIT for long in waits[12:])
    assert len({wait(key, 3) for key in "abcdefgh"}) == 8
    assert wait("a", 3) == wait("a", 3)
    assert wait("a", 1, timedelta(minutes=10)) == timedelta(minutes=10)
    assert wait("a", 1, timedelta(days=30)) == LONGEST_WAIT


def test_failures_are_tried_again_until_the_content_is_given_up() -> None:
    since = NOW - timedelta(days=2)
    failed = Answer(status=500)
    assert judge(failed, "a", Tries(), NOW).fate is Fate.LATER
    assert judge(failed, "a", Tries(failures=9, since=since + timedelta(minutes=1)), NOW).fate is Fate.LATER
    assert judge(failed, "a", Tries(failures=9, since=since), NOW).fate is Fate.GIVEN_UP
    assert judge(Answer(status=200), "a", Tries(failures=9, since=since), NOW).tries == Tries()
    assert judge(Answer(status=410), "a", Tries(), NOW).fate is Fate.ENDED
