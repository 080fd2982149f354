"""WebSub's work: telling a foreign hub what changed, or being the hub.

What is to do is read from the store, so that whatever a process left undone is done by the next.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Protocol, TypeVar

import structlog

from pipeline.app import App
from pipeline.errors import Problem
from pipeline.publish.websub.asking import Mode
from pipeline.publish.websub.caller import Answer, Caller
from pipeline.publish.websub.contents import Contents
from pipeline.publish.websub.distribution import Fate, Topic, Tries, digest, distribution_headers, judge
from pipeline.publish.websub.distribution import wait as wait_for
from pipeline.publish.websub.intent import NO_MORE, NOT_OURS, confirms, denial, question
from pipeline.publish.websub.pinging import PING_HEADERS, ping
from pipeline.publish.websub.records import Claim, HubSubscription, Pending, TopicState
from pipeline.store.websub import WebSub
from pipeline.wiring.websub import hub_address, is_ours

log = structlog.get_logger(__name__)

_CALLS_AT_ONCE = 8
_CALLS_A_HOST = 2
_CALLS_A_CLAIM = 4
_CLAIMED = 64
# What is claimed together is done by then: 64 calls by 8 threads, of 20 seconds at the very worst.
_LEASE = timedelta(minutes=5)
_PATIENCE = timedelta(seconds=30)


@dataclass(slots=True, kw_only=True)
class WebSubWork:
    """What there is to do for WebSub, done by threads of this process.

    ``topics`` tells which documents there are now; ``hub`` is the address that the feeds name, and ``ours`` whether
    that hub is we.
    """

    store: WebSub
    caller: Caller
    topics: Callable[[], Sequence[Topic]]
    hub: str
    ours: bool
    owner: str
    clock: Callable[[], datetime]
    stopping: Event = field(default_factory=Event)
    _down: dict[str, Answer] = field(default_factory=dict)
    _contents: Contents = field(default_factory=Contents)
    _by_url: Mapping[str, Topic] = field(default_factory=dict)

    def note(self) -> None:
        """Remember what was published, right after it was: by the comparison with it all else goes."""
        self._look()
        self.store.topics.note(self._by_url, self._contents.digests(self._by_url.values()), self.clock())

    def work(self, patience: timedelta | None = None) -> tuple[Problem, ...]:
        """Do what is due.  After ``patience`` nothing new is begun: the rest waits for the next call."""
        begun = self.clock()

        def goes_on() -> bool:
            return not self.stopping.is_set() and (patience is None or self.clock() - begun < patience)

        if not self.ours:
            self._in_threads(self._pings, goes_on)
            return self._owed()
        # Feeds of groups come and go, also by what another process publishes.
        self._look()
        self.store.expire(begun)
        if denied := self.store.requests.deny_others(self._by_url, begun):
            log.info("subscriptions ended with their feeds", number=denied)
        self._down.clear()
        self._in_threads(self._verifications, goes_on)
        self._in_threads(self._distributions, goes_on)
        return ()

    def _look(self) -> None:
        self._by_url = {topic.url: topic for topic in self.topics()}

    def _in_threads(self, claim: Callable[[], Sequence[Callable[[], None]]], goes_on: Callable[[], bool]) -> None:
        """Do what ``claim`` hands out, until it hands out nothing more."""
        with ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="websub") as pool:
            running: set[Future[None]] = set()
            while True:
                if goes_on() and len(running) < _CALLS_AT_ONCE:
                    running |= {pool.submit(task) for task in claim()}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    one.result()

    def _claim(self) -> Claim:
        now = self.clock()
        return Claim(
            owner=self.owner, now=now, until=now + _LEASE, limit=_CLAIMED, per_host=_CALLS_A_HOST * _CALLS_A_CLAIM
        )

    # Telling a foreign hub

    def _pings(self) -> Sequence[Callable[[], None]]:
        claimed = self.store.topics.claim_pings(self._claim())
        return [partial(self._ping, some) for some in _dealt(claimed)]

    def _ping(self, topics: Sequence[TopicState]) -> None:
        answer = Answer()
        for told in topics:
            if self.stopping.is_set():
                return
            if answer.reached:
                answer = self.caller.post(self.hub, ping(told.url), PING_HEADERS)
            now = self.clock()
            if answer.ok:
                self.store.topics.pinged(told, now)
                log.info("hub told of a change", topic=told.url)
                continue
            tries = Tries(failures=told.tries.failures + 1, error=answer.failure)
            self.store.topics.ping_failed(told, tries, now + wait_for(told.url, tries.failures, answer.retry_after))

    def _owed(self) -> tuple[Problem, ...]:
        failed = [topic for topic in self.store.topics.all() if topic.owed and topic.tries.failures]
        if not failed:
            return ()
        what = f"the hub could not be told of {len(failed)} changed documents: {failed[0].tries.error}"
        mend = "The feeds are published; the hub is told again later. `rundbrief hub` shows when."
        return (Problem(code="websub-ping", where=self.hub, what=what, mend=mend),)

    # Being the hub

    def _verifications(self) -> Sequence[Callable[[], None]]:
        return [partial(self._verify, some) for some in _by_host(self.store.requests.claim(self._claim()))]

    def _verify(self, requests: Sequence[Pending]) -> None:
        for pending in requests:
            if self.stopping.is_set():
                return
            asked, at = pending.asked, self.clock()
            if asked.mode is Mode.DENIED or (asked.mode is Mode.SUBSCRIBE and asked.topic not in self._by_url):
                answer = self.caller.get(denial(asked, NO_MORE if asked.mode is Mode.DENIED else NOT_OURS))
                outcome = "denied"
            else:
                challenge = secrets.token_urlsafe(32)
                answer = self.caller.get(question(asked, challenge))
                wanted = confirms(answer, challenge)
                outcome = "confirmed" if wanted and self.store.requests.confirmed(pending, at) else "not confirmed"
            self.store.requests.drop(pending)
            log.info(
                "asked at the hub",
                mode=asked.mode,
                topic=asked.topic,
                host=asked.host,
                outcome=outcome,
                answer=answer.status or answer.error,
            )

    def _distributions(self) -> Sequence[Callable[[], None]]:
        noted = self.store.topics.digests()
        # A machine whose files are older or newer than what was noted leaves these topics to others, or to later.
        current = {
            url: content
            for url, content in self._contents.digests(self._by_url.values()).items()
            if noted.get(url) == content
        }
        held = self.store.claim(current, self._claim())
        return [partial(self._distribute, some, current) for some in _by_host(held)]

    def _distribute(self, subscriptions: Sequence[HubSubscription], current: Mapping[str, str]) -> None:
        for held in subscriptions:
            if self.stopping.is_set():
                return
            # Where nobody is at the host, the others there need not be tried one by one.
            answer, sent = self._down.get(held.host), current[held.topic]
            if answer is None:
                answer, sent = self._call(held, sent)
                if not answer.reached:
                    self._down[held.host] = answer
            now = self.clock()
            verdict = judge(answer, held.key, held.tries, now)
            self.store.settle(held, sent, verdict, self.owner, now)
            if verdict.fate is not Fate.DELIVERED:
                log.info("not distributed", topic=held.topic, host=held.host, fate=verdict.fate, why=answer.failure)

    def _call(self, held: HubSubscription, noted: str) -> tuple[Answer, str]:
        """The subscriber's answer, and the digest of what it was sent: the document as it is now."""
        topic = self._by_url[held.topic]
        try:
            content = topic.path.read_bytes()
        except OSError as error:
            return Answer(error=f"the document can't be read: {error.strerror}."), noted
        headers = distribution_headers(topic, self.hub, held.secret, content)
        return self.caller.post(held.callback, content, headers), digest(content)


def websub_work(app: App, stopping: Event | None = None) -> WebSubWork | None:
    """The work that the configuration asks for; None without a hub."""
    hub = hub_address(app.settings)
    if hub is None:
        return None
    return WebSubWork(
        store=app.store.websub,
        caller=app.websub_caller,
        topics=app.websub_topics,
        hub=hub,
        ours=is_ours(app.settings),
        owner=app.owner.name,
        clock=app.clock,
        stopping=stopping or Event(),
    )


def tell_of_changes(app: App, stopping: Event | None = None) -> tuple[Problem, ...]:
    """Step: after feeds were published, do what WebSub then owes, for half a minute at most."""
    work = websub_work(app, stopping)
    if work is None:
        return ()
    work.note()
    return work.work(_PATIENCE)


class _Hosted(Protocol):
    @property
    def host(self) -> str: ...


_OfHost = TypeVar("_OfHost", bound=_Hosted)
_Any = TypeVar("_Any")


def _by_host(claimed: Iterable[_OfHost]) -> list[Sequence[_OfHost]]:
    """What is called one after another: each host's in as many parts as it may have calls at once."""
    hosts: dict[str, list[_OfHost]] = defaultdict(list)
    for one in claimed:
        hosts[one.host].append(one)
    return [part for of_host in hosts.values() for part in _dealt(of_host)]


def _dealt(claimed: Sequence[_Any]) -> list[Sequence[_Any]]:
    return [part for first in range(_CALLS_A_HOST) if (part := claimed[first::_CALLS_A_HOST])]
