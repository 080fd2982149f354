from __future__ import annotations

import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.engine.websub import WebSubWork
from pipeline.publish.websub.asking import Asked, Mode
from pipeline.publish.websub.caller import Answer
from pipeline.publish.websub.distribution import Topic
from pipeline.publish.websub.records import Claim, HubLimits, HubSubscription
from pipeline.store.store import Store
from tests.fakes.times import START
from tests.fakes.websub_caller import NOBODY, Call, FakeCaller, echo

SITE = "https://news.example.org"
HUB = f"{SITE}/hub"
ATOM = f"{SITE}/feeds/alle/atom.xml"
RSS = f"{SITE}/feeds/alle/rss.xml"
CALLBACK = "https://reader.example.net/push/7c9?feed=1"
LIMITS = HubLimits()


@dataclass
class Site:
    """What a site publishes, who subscribes, and the work of one of its processes."""

    store: Store
    directory: Path
    caller: FakeCaller = field(default_factory=FakeCaller)
    now: datetime = START
    ours: bool = True
    addresses: tuple[str, ...] = (ATOM, RSS)

    def __post_init__(self) -> None:
        self.work = self.process("me")

    def process(self, owner: str) -> WebSubWork:
        return WebSubWork(
            store=self.store.websub,
            caller=self.caller,
            topics=self.topics,
            hub=HUB if self.ours else "https://hub.example.com/",
            ours=self.ours,
            owner=owner,
            clock=lambda: self.now,
        )

    def topics(self) -> Sequence[Topic]:
        return [Topic(url=url, path=self.file(url), content_type="application/atom+xml") for url in self.addresses]

    def file(self, url: str) -> Path:
        return self.directory / url.rpartition("/")[2]

    def publish(self, text: str = "<feed>1</feed>", url: str = ATOM) -> None:
        self.file(url).write_text(text, encoding="utf-8")
        self.work.note()

    def ask(self, callback: str = CALLBACK, **more: object) -> bool:
        asked = Asked(**{"mode": Mode.SUBSCRIBE, "topic": ATOM, "callback": callback} | more)  # type: ignore[arg-type]
        return self.store.websub.requests.ask(asked, self.now, LIMITS)

    def subscribe(self, *callbacks: str, **more: object) -> None:
        callbacks = callbacks or (CALLBACK,)
        for callback in callbacks:
            assert self.ask(callback, **more)
        self.work.work()
        assert set(callbacks) <= {one.callback for one in self.subscriptions()}
        self.caller.calls.clear()

    def subscriptions(self) -> Sequence[HubSubscription]:
        return self.store.websub.all()

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def got(self) -> list[bytes]:
        """What was distributed since it was last asked."""
        self.work.work()
        bodies = [call.body for call in self.caller.of("POST")]
        self.caller.calls.clear()
        return bodies


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    made = Site(store, tmp_path)
    made.publish()
    made.publish(url=RSS)
    return made


@pytest.fixture
def publisher(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path, ours=False)


# Subscribing


def test_a_callback_is_asked_once_and_then_gets_what_changes_signed(site: Site) -> None:
    assert site.ask(secret="s3cret", lease=timedelta(days=2))
    site.work.work()
    (question,) = site.caller.calls
    assert question.method == "GET"
    assert question.url.startswith(f"{CALLBACK}&hub.mode=subscribe&")
    assert {name: value for name, value in question.asked.items() if name != "hub.challenge"} == {
        "feed": "1",
        "hub.mode": "subscribe",
        "hub.topic": ATOM,
        "hub.lease_seconds": str(2 * 86_400),
    }
    assert len(question.asked["hub.challenge"]) >= 32
    assert [one.lease_until for one in site.subscriptions()] == [START + timedelta(days=2)]

    site.caller.calls.clear()
    assert site.got() == []
    site.publish("<feed>2</feed>")
    site.work.work()
    (call,) = site.caller.calls
    signature = hmac.new(b"s3cret", b"<feed>2</feed>", hashlib.sha256).hexdigest()
    assert call == Call(
        "POST",
        CALLBACK,
        b"<feed>2</feed>",
        {
            "Content-Type": "application/atom+xml",
            "Link": f'<{ATOM}>; rel="self", <{HUB}>; rel="hub"',
            "X-Hub-Signature": f"sha256={signature}",
        },
    )
    site.caller.calls.clear()
    assert site.got() == []


def test_without_a_secret_nothing_is_signed(site: Site) -> None:
    site.subscribe()
    site.publish("<feed>2</feed>")
    site.work.work()
    assert "X-Hub-Signature" not in site.caller.calls[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=302),
        Answer(status=200, body=b"something else"),
        Answer(status=200, body=b"x" * 1025),
        NOBODY,
    ],
)
def test_who_does_not_confirm_is_not_subscribed_and_not_asked_again(site: Site, answer: Answer) -> None:
    site.caller.hosts["reader.example.net"] = lambda _call: answer
    assert site.ask()
    for _ in range(3):
        site.later(minutes=30)
        site.work.work()
    assert len(site.caller.calls) == 1
    assert site.subscriptions() == []


def test_a_renewal_that_is_not_confirmed_leaves_the_subscription_as_it_was(site: Site) -> None:
    site.subscribe(secret="old")
    before = site.subscriptions()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=404)
    assert site.ask(secret="an attacker's")
    assert site.ask(mode=Mode.UNSUBSCRIBE)
    site.work.work()
    assert site.subscriptions() == before


def test_a_renewal_has_a_new_lease_and_a_new_secret(site: Site) -> None:
    site.subscribe(secret="old")
    site.later(days=9)
    site.subscribe(secret="new")
    (renewed,) = site.subscriptions()
    assert (renewed.secret, renewed.lease_until) == ("new", START + timedelta(days=19))
    assert renewed.subscribed == START


def test_the_last_request_counts_where_several_wait(site: Site) -> None:
    assert site.ask(secret="one")
    assert site.ask(secret="two")
    site.work.work()
    assert len(site.caller.calls) == 1
    assert [one.secret for one in site.subscriptions()] == ["two"]


def test_a_request_that_is_replaced_while_its_callback_is_asked_does_not_count(site: Site) -> None:
    def slow(call: Call) -> Answer:
        if len(site.caller.of("GET")) == 1:
            assert site.ask(secret="two")
        return echo(call)

    site.caller.hosts["reader.example.net"] = slow
    assert site.ask(secret="one")
    site.work.work()
    assert len(site.caller.calls) == 2
    assert [one.secret for one in site.subscriptions()] == ["two"]


def test_unsubscribing_is_confirmed_too_and_then_nothing_comes_any_more(site: Site) -> None:
    site.subscribe()
    assert site.ask(mode=Mode.UNSUBSCRIBE)
    site.work.work()
    assert [call.asked["hub.mode"] for call in site.caller.calls] == ["unsubscribe"]
    assert "hub.lease_seconds" not in site.caller.calls[0].asked
    site.caller.calls.clear()
    site.publish("<feed>2</feed>")
    assert site.got() == []


def test_the_end_of_a_subscription_that_is_not_there_makes_no_call(site: Site) -> None:
    assert site.ask(mode=Mode.UNSUBSCRIBE)
    site.work.work()
    assert site.caller.calls == []


def test_topics_of_others_are_denied(site: Site) -> None:
    assert site.ask(topic="https://elsewhere.example.com/feed")
    site.work.work()
    (told,) = site.caller.calls
    assert told.method == "GET"
    assert (told.asked["hub.mode"], told.asked["hub.topic"]) == ("denied", "https://elsewhere.example.com/feed")
    assert "this is none of them" in told.asked["hub.reason"]
    site.later(hours=2)
    site.work.work()
    assert len(site.caller.calls) == 1


def test_who_subscribed_to_a_feed_that_is_gone_is_told(site: Site) -> None:
    site.subscribe()
    site.subscribe(topic=RSS)
    site.addresses = (RSS,)
    site.work.note()
    site.work.work()
    (told,) = site.caller.calls
    assert (told.asked["hub.mode"], told.asked["hub.topic"]) == ("denied", ATOM)
    assert [one.topic for one in site.subscriptions()] == [RSS]


def test_a_request_that_nobody_verifies_in_time_is_dropped(site: Site) -> None:
    assert site.ask()
    site.later(hours=2)
    site.work.work()
    assert site.caller.calls == []
    assert site.store.websub.requests.waiting() == 0


def test_a_subscription_ends_with_its_lease(site: Site) -> None:
    site.subscribe(lease=timedelta(days=1))
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 1
    site.later(days=1)
    site.publish("<feed>3</feed>")
    assert site.got() == []
    assert site.subscriptions() == []


def test_a_feed_that_another_process_began_to_publish_can_be_subscribed_to(site: Site) -> None:
    serving = site.process("serving")
    serving.work()
    new = f"{SITE}/feeds/alle/feed.json"
    site.addresses = (ATOM, RSS, new)
    site.publish("{}", new)
    assert site.ask(topic=new)
    serving.work()
    assert [one.topic for one in site.subscriptions()] == [new]
    site.publish("{ }", new)
    serving.work()
    assert [call.body for call in site.caller.of("POST")] == [b"{ }"]


# Distributing


def test_who_is_behind_gets_the_newest_content_only(site: Site) -> None:
    site.subscribe()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=500)
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 1
    del site.caller.hosts["reader.example.net"]
    site.publish("<feed>3</feed>")
    site.publish("<feed>4</feed>")
    site.later(minutes=1)
    assert site.got() == [b"<feed>4</feed>"]
    assert site.got() == []


def test_a_content_that_is_as_it_was_is_not_distributed(site: Site) -> None:
    site.subscribe()
    site.publish("<feed>2</feed>")
    site.publish("<feed>1</feed>")
    assert site.got() == []


def test_waits_between_tries_double_until_two_days_are_over(site: Site) -> None:
    site.subscribe()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=500)
    site.publish("<feed>2</feed>")
    tries: list[float] = []
    for _ in range(100):
        if site.got():
            tries.append((site.now - START) / timedelta(minutes=1))
        site.now = site.subscriptions()[0].next_try or site.now
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits[:9] == sorted(waits[:9])
    assert waits[0] <= 0.5
    assert 270 <= waits[-1] <= 360
    assert 2 * 24 * 60 <= tries[-1] <= 2 * 24 * 60 + 360
    assert len(tries) < 25

    # The subscription stays, as WebSub wants it, and the next content is tried again.
    (failing,) = site.subscriptions()
    assert failing.tries.error == "it answers 500"
    del site.caller.hosts["reader.example.net"]
    site.publish("<feed>3</feed>")
    site.later(hours=6)
    assert site.got() == [b"<feed>3</feed>"]
    assert site.subscriptions()[0].tries.failures == 0


def test_a_subscriber_that_says_when_is_left_alone_until_then(site: Site) -> None:
    site.subscribe()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=429, retry_after=timedelta(hours=1))
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 1
    site.later(minutes=59)
    assert site.got() == []
    site.later(minutes=1)
    assert len(site.got()) == 1


def test_410_ends_a_subscription(site: Site) -> None:
    site.subscribe()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=410)
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 1
    assert site.subscriptions() == []


def test_redirects_count_as_failures(site: Site) -> None:
    site.subscribe()
    site.caller.hosts["reader.example.net"] = lambda _call: Answer(status=301)
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 1
    assert [one.tries.failures for one in site.subscriptions()] == [1]


def test_a_dead_host_costs_few_calls_and_keeps_nobody_else_waiting(site: Site) -> None:
    site.subscribe(*(f"https://dead.example.net/{number}" for number in range(40)), "https://alive.example.net/")
    site.caller.hosts["dead.example.net"] = lambda _call: NOBODY
    site.publish("<feed>2</feed>")
    site.work.work()
    called = Counter(call.url.split("/")[2] for call in site.caller.calls)
    assert called["alive.example.net"] == 1
    assert called["dead.example.net"] <= 2
    assert sum(one.tries.failures for one in site.subscriptions()) == 40


def test_a_host_gets_two_calls_at_once_and_the_others_do_not_wait_for_it(site: Site) -> None:
    def busy(call: Call) -> Answer:
        time.sleep(0.005)
        return echo(call)

    for number in range(4):
        site.caller.hosts[f"r{number}.example.net"] = busy
    site.subscribe(*(f"https://r{number % 4}.example.net/{number}" for number in range(20)))
    site.publish("<feed>2</feed>")
    assert len(site.got()) == 20
    assert max(site.caller.most_at_once.values()) <= 2
    assert [one.tries.failures for one in site.subscriptions()] == [0] * 20


def test_several_processes_distribute_to_each_subscriber_once(site: Site) -> None:
    def busy(call: Call) -> Answer:
        time.sleep(0.001)
        return echo(call)

    callbacks = [f"https://r{number}.example.net/" for number in range(60)]
    for number in range(60):
        site.caller.hosts[f"r{number}.example.net"] = busy
    site.subscribe(*callbacks)
    site.publish("<feed>2</feed>")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda owner: site.process(owner).work(), "abcd"))
    assert Counter(call.url for call in site.caller.calls) == Counter(callbacks)


def test_what_a_process_held_that_died_is_done_by_the_next(site: Site) -> None:
    site.subscribe()
    site.publish("<feed>2</feed>")
    claim = Claim(owner="dead", now=site.now, until=site.now + timedelta(minutes=5), limit=64, per_host=8)
    assert len(site.store.websub.claim([ATOM], claim)) == 1
    assert site.got() == []
    assert site.store.websub.owners() == {"dead"}
    site.store.websub.release(["dead"])
    assert site.got() == [b"<feed>2</feed>"]


def test_what_a_process_on_another_machine_held_is_done_when_its_claim_has_run_out(site: Site) -> None:
    site.subscribe()
    site.publish("<feed>2</feed>")
    claim = Claim(owner="elsewhere", now=site.now, until=site.now + timedelta(minutes=5), limit=64, per_host=8)
    site.store.websub.claim([ATOM], claim)
    site.later(minutes=5)
    assert site.got() == [b"<feed>2</feed>"]


def test_a_machine_with_older_files_leaves_the_topic_to_the_others(site: Site) -> None:
    site.subscribe()
    stale = Site(site.store, site.directory / "elsewhere", site.caller, site.now)
    stale.directory.mkdir()
    stale.file(ATOM).write_text("<feed>0</feed>", encoding="utf-8")
    site.publish("<feed>2</feed>")
    assert stale.got() == []
    assert site.got() == [b"<feed>2</feed>"]


def test_patience_ends_a_pass_and_the_next_goes_on(site: Site) -> None:
    def slow(call: Call) -> Answer:
        site.now += timedelta(seconds=1)
        return echo(call)

    site.subscribe(*(f"https://reader.example.net/{number}" for number in range(30)))
    site.caller.hosts["reader.example.net"] = slow
    site.publish("<feed>2</feed>")
    site.work.work(timedelta(seconds=10))
    first = len(site.caller.calls)
    assert 10 <= first < 30
    site.work.work()
    assert len(site.caller.calls) == 30


def test_a_document_that_is_missing_is_nobody_elses_failure(site: Site) -> None:
    site.subscribe()
    site.publish("<feed>2</feed>")
    site.file(ATOM).unlink()
    assert site.got() == []
    assert [one.tries.failures for one in site.subscriptions()] == [0]


# Bounds


@pytest.mark.parametrize(
    ("limits", "network"),
    [
        (replace(LIMITS, waiting=3), ""),
        (replace(LIMITS, waiting_per_host=3), ""),
        (replace(LIMITS, subscriptions=3), ""),
        (replace(LIMITS, per_host=3), ""),
        (replace(LIMITS, per_network=3), "192.0.2.0/24"),
    ],
)
def test_there_is_an_end_to_what_is_kept(site: Site, limits: HubLimits, network: str) -> None:
    def ask(number: int) -> bool:
        callback = f"https://reader.example.net/{number}"
        asked = Asked(mode=Mode.SUBSCRIBE, topic=ATOM, callback=callback, network=network)
        return site.store.websub.requests.ask(asked, site.now, limits)

    assert [ask(number) for number in range(5)] == [True, True, True, False, False]
    # Who is in may ask again.
    assert ask(0)


def test_subscriptions_count_like_those_that_wait(site: Site) -> None:
    limits = replace(LIMITS, per_host=2)
    site.subscribe(*(f"https://reader.example.net/{number}" for number in range(2)))
    asked = Asked(mode=Mode.SUBSCRIBE, topic=ATOM, callback="https://reader.example.net/2")
    requests = site.store.websub.requests
    assert not requests.ask(asked, site.now, limits)
    assert requests.ask(replace(asked, callback="https://reader.example.net/1"), site.now, limits)
    assert requests.ask(replace(asked, callback="https://other.example.net/2"), site.now, limits)


# Telling a foreign hub


def pinged(site: Site) -> list[str]:
    calls = [(call.url, call.body.decode()) for call in site.caller.calls]
    site.caller.calls.clear()
    assert {url for url, _ in calls} <= {"https://hub.example.com/"}
    return [body for _, body in calls]


ATOM_PING = (
    "hub.mode=publish&hub.url=https%3A%2F%2Fnews.example.org%2Ffeeds%2Falle%2Fatom.xml"
    "&hub.topic=https%3A%2F%2Fnews.example.org%2Ffeeds%2Falle%2Fatom.xml"
)


def test_the_hub_is_told_after_a_change_only(publisher: Site) -> None:
    publisher.publish()
    assert publisher.work.work() == ()
    assert pinged(publisher) == [ATOM_PING]
    publisher.work.note()
    assert publisher.work.work() == ()
    assert pinged(publisher) == []
    publisher.publish("<feed>2</feed>")
    publisher.publish("<rss>1</rss>", RSS)
    publisher.work.work()
    assert [body[:40] for body in sorted(pinged(publisher))] == [ATOM_PING[:40]] * 2


def test_a_process_that_died_between_publishing_and_telling_is_made_up_for(publisher: Site) -> None:
    publisher.publish()
    publisher.work.work()
    pinged(publisher)
    # The file is replaced, and that is the last that the process does.
    publisher.file(ATOM).write_text("<feed>2</feed>", encoding="utf-8")
    publisher.work = publisher.process("the next")
    publisher.work.note()
    publisher.work.work()
    assert pinged(publisher) == [ATOM_PING]


def test_a_hub_that_fails_is_told_later_and_the_run_says_so(publisher: Site) -> None:
    publisher.caller.hosts["hub.example.com"] = lambda _call: Answer(status=503)
    publisher.publish()
    (problem,) = publisher.work.work()
    assert problem.code == "websub-ping"
    assert "it answers 503" in problem.what
    pinged(publisher)
    assert len(publisher.work.work()) == 1
    assert pinged(publisher) == []
    del publisher.caller.hosts["hub.example.com"]
    publisher.later(minutes=1)
    assert publisher.work.work() == ()
    assert pinged(publisher) == [ATOM_PING]


def test_a_hub_that_is_down_is_called_once_for_all_topics(publisher: Site) -> None:
    publisher.addresses = tuple(f"{SITE}/feeds/alle/{number}.xml" for number in range(20))
    publisher.caller.hosts["hub.example.com"] = lambda _call: NOBODY
    for url in publisher.addresses:
        publisher.publish(url, url)
    publisher.work.work()
    assert len(pinged(publisher)) <= 2
    assert all(topic.tries.failures == 1 for topic in publisher.store.websub.topics.all())


def test_a_change_while_the_hub_is_told_is_told_too(publisher: Site) -> None:
    def changing(_call: Call) -> Answer:
        if len(publisher.caller.calls) == 1:
            publisher.publish("<feed>2</feed>")
        return Answer(status=204)

    publisher.caller.hosts["hub.example.com"] = changing
    publisher.publish()
    publisher.work.work()
    publisher.work.work()
    assert len(pinged(publisher)) == 2


def test_several_processes_tell_the_hub_once(publisher: Site) -> None:
    publisher.publish()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda owner: publisher.process(owner).work(), "abcd"))
    assert len(pinged(publisher)) == 1


def test_topics_that_are_no_longer_configured_are_forgotten(publisher: Site) -> None:
    publisher.publish()
    publisher.publish("<rss>1</rss>", RSS)
    publisher.addresses = (RSS,)
    publisher.work.note()
    assert [topic.url for topic in publisher.store.websub.topics.all()] == [RSS]
