"""The composition root: the only place that reads the clock, opens the store and picks adapters.

An `App` offers the steps that work is made of.  Each is small, finds out by itself what is left to do, and may be
carried out again after a crash; in which order and where is the engine's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app.call_log import CallTally
from pipeline.app.enlisting import enlist
from pipeline.app.hearing import Hearing
from pipeline.app.issue_messages import IssueMessages
from pipeline.app.picturing import Picturing
from pipeline.app.publishing import Publishing
from pipeline.app.pushing import Pushing
from pipeline.app.reception import Reception
from pipeline.app.run_book import RunBook
from pipeline.audience.choices import Choices
from pipeline.audience.tokens import TokenKeys
from pipeline.collect.addresses import Network
from pipeline.collect.agenda import Agenda, agenda, waiting
from pipeline.collect.collect import ArticleStore, Collected, collect
from pipeline.collect.hosts import host_of
from pipeline.collect.together import AnswersTogether
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.deliver.provider import Provider
from pipeline.domain.canary import CanaryLimits
from pipeline.domain.polling import Wait, interleaved
from pipeline.errors import Problem, StoreError
from pipeline.owner import Owner
from pipeline.store.store import Store, open_store
from pipeline.tracing import NoTracing, Tracing

if TYPE_CHECKING:
    from pipeline.calls import GuardedCaller
    from pipeline.collect.fetch import Fetcher
    from pipeline.domain.ledger import IssueId
    from pipeline.publish.published import Published
    from pipeline.publish.websub.distribution import Topic
    from pipeline.render.renderer import Renderer

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass
class App:
    """Everything that one configuration needs.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Clock = now
    network: Network | None = None
    calls: CallTally = field(default_factory=CallTally)
    tracing: Tracing = field(default_factory=NoTracing)
    _providers: dict[str, Provider] = field(default_factory=dict)
    _fetcher: Fetcher | None = None
    _making: Lock = field(default_factory=Lock)

    # Collect and publish

    def due_sources(self, names: Sequence[str]) -> Agenda:
        """Which of these sources may be polled now, in the best order, and remarks on those that may not."""
        at = self.clock()
        return agenda(names, self._addresses, self.store.sources.polls(names, at), at)

    def waiting_sources(self) -> Mapping[str, tuple[Wait, datetime | None]]:
        """The sources that are not due: why, and until when."""
        at, names = self.clock(), list(self._addresses)
        return waiting(names, self._addresses, self.store.sources.polls(names, at), at)

    def in_turns(self, names: Sequence[str]) -> Sequence[str]:
        """The sources in the best order to poll them at once."""
        return interleaved(names, {name: host_of(address) for name, address in self._addresses.items()})

    @contextmanager
    def collecting(self) -> Iterator[Callable[[str], Collected]]:
        """Steps: each asks the source of a name and records what it shows, whether it is due or not.

        All is recorded at the end of the block.
        """
        with AnswersTogether(self.store.articles) as articles:
            yield partial(self._collect_source, articles)

    def _collect_source(self, articles: ArticleStore, name: str) -> Collected:
        source = self._configured[name]
        adapter = wiring.sources.make_source(self.settings, source, lambda: self.fetcher)
        with self.tracing.span("source", source=name):
            return collect(adapter, wiring.sources.source_rules(self.settings, source), articles, self.clock())

    @property
    def fetcher(self) -> Fetcher:
        """The one fetcher of this process: it knows what its hosts have to do with us."""
        with self._making:
            if self._fetcher is None:
                self._fetcher = wiring.sources.make_fetcher(self.settings, self.network)
            return self._fetcher

    @cached_property
    def _configured(self) -> Mapping[str, config.Source]:
        return {source.name: source for source in self.settings.sources}

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        return {source.name: wiring.sources.source_address(source) for source in self.settings.sources}

    def release(self) -> int:
        """Step: give release numbers to what has settled, and see to it that lists get it too."""
        enlist(self.settings, self.store, self.clock())
        return self.store.articles.release(self.clock())

    @cached_property
    def publishing(self) -> Publishing:
        return Publishing(self.settings, self.store, self.clock)

    def publish_feed(self, name: str) -> Published:
        """Step: bring one configured feed's documents up to date; those of its groups, if it is made of groups."""
        return self.publishing.publish_feed(name)

    def publish_pages(self) -> Published:
        """Step: the pages of articles without one of their own, the index, and what is no longer configured."""
        return self.publishing.publish_pages()

    def websub_topics(self) -> Sequence[Topic]:
        """The documents that WebSub is about, now."""
        return wiring.websub.websub_topics(self.publishing.all_heads(), self.settings.publish.directory)

    @cached_property
    def websub_caller(self) -> GuardedCaller:
        return wiring.websub.make_caller(self.settings, self.clock)

    @cached_property
    def picturing(self) -> Picturing:
        return Picturing(self.settings, self.store, self.clock, lambda: self.fetcher)

    @cached_property
    def pushing(self) -> Pushing:
        return Pushing(self.settings, self.store, self.clock)

    # Mail

    def render_issue(self, issue: IssueId) -> list[Problem]:
        """Step: render the variants of an issue that have no message yet, if its newsletter is configured."""
        with self.tracing.span("issue", issue=issue):
            return self.issue_messages.render(issue)

    @cached_property
    def issue_messages(self) -> IssueMessages:
        return IssueMessages(self.settings, self.store, self.picturing, lambda: self.renderer, lambda: self.keys)

    def desk(self) -> Desk:
        """Where batches are handed to the providers of the newsletters."""
        return Desk(
            ledger=self.store.ledger,
            providers={name: self.providers(newsletter) for name, newsletter in self.newsletters.items()},
            fields=self.merge_fields,
            owner=self.owner.name,
            clock=self.clock,
            budgets=wiring.deliver.budgets(self.settings),
            accounts=wiring.deliver.accounts(self.settings),
            senders=wiring.deliver.senders(self.settings),
            canaries=wiring.deliver.canaries(self.settings),
            witnesses=self.store.events.told_of,
            tell=self.calls.tell,
            span=self._batch_span,
        )

    def _batch_span(self, name: str, held: HeldBatch) -> AbstractContextManager[object]:
        return self.tracing.span(
            name, issue=held.issue, batch=str(held.id), provider=held.provider, recipients=len(held.addressees)
        )

    def review_canaries(self) -> None:
        """Step: let issues go on whose first recipients are content, and halt the others."""
        limits = {name: wiring.deliver.canary_limits(letter) for name, letter in self.newsletters.items()}
        self.store.issues.review_canaries(lambda name: limits.get(name, CanaryLimits()), self.clock())

    def merge_fields(self, addressee: Addressee, language: str) -> Mapping[str, str]:
        """The values of the merge fields for one addressee."""
        return self.reception.merge_fields(addressee, language)

    def providers(self, newsletter: config.Newsletter) -> Sequence[Provider]:
        """The newsletter's providers, in the order of failover."""
        return [self.provider(name) for name in newsletter.providers]

    def provider(self, name: str) -> Provider:
        if name not in self._providers:
            self._providers[name] = wiring.providers.make_provider(self.settings, name, self.hearing.verp(name))
        return self._providers[name]

    @cached_property
    def hearing(self) -> Hearing:
        """What we hear of mail that was handed over."""
        return Hearing(
            self.settings, self.store, self.clock, lambda: self.keys, lambda: self.fetcher, lambda: self.choices
        )

    @cached_property
    def newsletters(self) -> Mapping[str, config.Newsletter]:
        return wiring.mail.newsletters(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        from pipeline.render.renderer import Renderer  # noqa: PLC0415

        return Renderer(wiring.files.template_directories(self.settings), self.settings.site.tone)

    # Audience

    @cached_property
    def keys(self) -> TokenKeys:
        return wiring.audience.keys(self.settings, self.store.directory)

    @property
    def choices(self) -> Choices:
        return self.reception.choices

    @cached_property
    def reception(self) -> Reception:
        return Reception(
            self.settings,
            self.store,
            self.clock,
            keys=lambda: self.keys,
            renderer=lambda: self.renderer,
            formats=lambda: self.publishing.formats,
        )

    def notice_desk(self) -> Desk:
        """Where notices are handed to the providers of their newsletters."""
        return replace(self.desk(), ledger=self.store.notices, fields=lambda _addressee, _language: {}, canaries={})

    # Its life

    @cached_property
    def owner(self) -> Owner:
        return Owner(self.store.directory / "owners")

    @cached_property
    def run_book(self) -> RunBook:
        return RunBook(runs=self.store.runs, owner=self.owner.name, clock=self.clock, tracing=self.tracing)

    def bury_the_dead(self) -> None:
        """Step: take over what processes held that died, and what leases ran out on."""
        at = self.clock()
        ledgers = (self.store.ledger, self.store.notices)
        books = (*ledgers, self.store.runs, self.store.websub)
        dead = self.owner.dead({owner for book in books for owner in book.owners()})
        for ledger in ledgers:
            ledger.expire(at, dead)
        self.store.runs.break_off(dead, at)
        self.store.websub.release(dead)

    def close(self) -> None:
        for provider in self._providers.values():
            provider.close()
        if self._fetcher is not None:
            self._fetcher.close()
        if "websub_caller" in self.__dict__:
            self.websub_caller.close()
        if "owner" in self.__dict__:
            self.owner.close()
        self.tracing.close()
        self.store.close()


def open_app(file: Path, clock: Clock = now, *, network: Network | None = None) -> App:
    """Read the configuration and open the store.  Raises `pipeline.errors.PipelineError`.

    ``network`` is what sources are fetched through; the one that the machine is in, if it isn't given.
    """
    settings = config.load(file, os.environ)
    home, digests = wiring.files.state_directory(settings), partial(wiring.audience.digests, settings)
    try:
        store = open_store(settings.store_url.get_secret_value(), home, clock(), digests)
    except OSError as error:
        raise StoreError(f"can't be opened: {error}.", where="store.url", mend="Is the directory writable?") from error
    return App(settings, store, clock, network, tracing=wiring.traces.make_tracing(os.environ))
