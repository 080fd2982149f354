"""What we hear of mail that was handed over: webhooks, providers' logs and lists, the mailbox of bounces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from threading import Event as Stop
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.audience.leaving_mail import leaving_token
from pipeline.deliver.event import EventLog, Mailbox, Received, Recorded, Webhook
from pipeline.domain.event import Event, EventRules
from pipeline.errors import PipelineError, Problem
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.audience.choices import Choices
    from pipeline.audience.tokens import TokenKeys
    from pipeline.collect.fetch import Fetcher
    from pipeline.deliver.events.verp import Verp

# Events reach a log late, and out of order.
_OVERLAP = timedelta(minutes=30)
_FIRST = timedelta(days=3)
_PRUNE, _PRUNE_EVERY = "events too old", timedelta(days=1)
_MAILBOX = "bounces"
_BY_MAIL = "mail"
_LETTERS_AT_ONCE = 100
_LARGEST_CERTIFICATE = 100_000
_SECONDS = 10.0


@dataclass
class Hearing:
    """All ways in which events reach one installation.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Callable[[], datetime]
    keys: Callable[[], TokenKeys]
    fetcher: Callable[[], Fetcher]
    choices: Callable[[], Choices]

    @cached_property
    def webhooks(self) -> Mapping[str, Webhook]:
        """Raises `ConfigError`."""
        return wiring.events.make_webhooks(self.settings, self._fetch)

    def record(self, provider: str, received: Received, now: datetime) -> Recorded:
        """Write down what a webhook received.  Raises `NotGenuine` for a repetition with something else."""
        return self.store.events.record(provider, received.events, now, self.rules, received.once)

    @cached_property
    def rules(self) -> EventRules:
        return wiring.events.event_rules(self.settings)

    def verp(self, provider: str) -> Verp | None:
        return wiring.events.make_verp(self.settings, provider, self.keys)

    def take_over_list(self, provider: str) -> tuple[int, int] | None:
        """Suppress what a provider's own lists have: how many there are, and how many are new here.

        None for a provider whose lists can't be read.  Raises `ProviderError`.
        """
        found = wiring.events.make_suppression_list(self.settings, provider)
        if found is None:
            return None
        with closing(found):
            # Read whole before anything is written, so that the store is not held up by the provider.
            listed = list(found.read())
        return self.store.events.suppress_listed(provider, listed, self.clock())

    def listen(self, stopping: Stop | None = None) -> Sequence[Problem]:
        """Step: ask the logs and look into the mailbox where it is time for that; forget what is too old."""
        stop = stopping or Stop()
        problems: list[Problem] = []
        for name, (log, every) in wiring.events.make_event_logs(self.settings).items():
            with closing(log):
                problems += self._in_time(f"log of {name}", every, partial(self._ask, name, log, stop))
        if (mailbox := wiring.events.make_mailbox(self.settings)) is not None:
            with closing(mailbox):
                problems += self._in_time(_MAILBOX, self.settings.bounces.every, partial(self._look, mailbox, stop))
        problems += self._in_time(_PRUNE, _PRUNE_EVERY, self._prune)
        return problems

    def _in_time(self, name: str, every: timedelta, work: Callable[[], datetime | None]) -> list[Problem]:
        polls = self.store.event_polls
        now = self.clock()
        if not polls.state(name).due(every, now):
            return []
        try:
            read_until = work()
        except (PipelineError, OSError) as error:
            polls.failed(name, now, str(error))
            what = f"The {name} can't be read: {error}"
            return [
                Problem(code="events", where=name, what=what, mend="It is tried again; nothing is lost until then.")
            ]
        polls.done(name, now, read_until)
        return []

    def _ask(self, name: str, log: EventLog, stop: Stop) -> datetime:
        """Returns how far the log was read."""
        state, until = self.store.event_polls.state(f"log of {name}"), self.clock()
        done = since = state.read_until or until - _FIRST
        for page in log.since(since - _OVERLAP, until):
            self.store.events.record(name, page, self.clock(), self.rules)
            # The oldest come first: what was read need not be read again after an interruption.
            done = max([done, *(event.at for event in page if event.at and event.at < until)])
            if stop.is_set():
                return done
        return until

    def _look(self, mailbox: Mailbox, stop: Stop) -> None:
        verps = {name: verp for name in self.settings.providers if (verp := self.verp(name))}
        keys: list[str] = []
        returned: dict[str, list[Event]] = {}
        for letter in mailbox.unread():
            keys.append(letter.key)
            if letter.content is None:
                continue
            if token := leaving_token(letter.content):
                self.choices().unsubscribe(token, self.clock(), _BY_MAIL)
            elif found := _first(letter.content, verps):
                returned.setdefault(found[0], []).append(found[1])
            if len(keys) >= _LETTERS_AT_ONCE:
                self._settle(mailbox, keys, returned)
            if stop.is_set():
                break
        self._settle(mailbox, keys, returned)

    def _settle(self, mailbox: Mailbox, keys: list[str], returned: dict[str, list[Event]]) -> None:
        """Recorded first: mails that are read again after a crash are known by their ids."""
        for name, events in returned.items():
            self.store.events.record(name, events, self.clock(), self.rules)
        mailbox.mark_read(keys)
        keys.clear()
        returned.clear()

    def _prune(self) -> None:
        now = self.clock()
        self.store.events.prune(now, self.rules)
        for letter in self.settings.newsletters:
            self.store.tracking.sum_up(letter.name, now - timedelta(days=letter.tracking.keep_days))

    def _fetch(self, url: str) -> bytes:
        from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415  (loads slowly)

        limits = FetchLimits(
            max_bytes=_LARGEST_CERTIFICATE, total_seconds=_SECONDS, connect_seconds=_SECONDS, max_redirects=0
        )
        return self.fetcher().within(limits).get(url, accept="*/*", now=self.clock()).body


def _first(content: bytes, verps: Mapping[str, Verp]) -> tuple[str, Event] | None:
    """The provider whose bounce a mail is, and what it says."""
    from pipeline.deliver.events.bounce_mail import read_bounce  # noqa: PLC0415  (loads slowly)

    for name, verp in verps.items():
        if found := read_bounce(content, verp):
            return name, found
    return None
