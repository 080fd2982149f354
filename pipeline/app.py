"""The composition root: the only place that reads the clock, opens the store and picks adapters.

An `App` offers the steps that work is made of.  Each is small, finds out by itself what is left to do, and may be
carried out again after a crash; in which order and where is the engine's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.audience.choices import Choices
from pipeline.audience.keys import load_keys
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.collect.collect import Collected, collect
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.ledger import Addressee
from pipeline.deliver.provider import Provider
from pipeline.domain.audience import SubscriptionId
from pipeline.errors import Problem, RenderError, StoreError
from pipeline.owner import Owner
from pipeline.store.store import Store, open_store

if TYPE_CHECKING:
    from jinja2 import Environment

    from pipeline.domain.ledger import IssueId
    from pipeline.publish.format import Format
    from pipeline.publish.published import Published
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
    _providers: dict[str, Provider] = field(default_factory=dict)

    # Collect and publish

    def collect_source(self, name: str) -> Collected:
        """Step: ask one source and record what it shows."""
        source = next(source for source in self.settings.sources if source.name == name)
        adapter = wiring.make_source(self.settings, source)
        return collect(adapter, wiring.source_rules(self.settings, source), self.store.articles, self.clock())

    def release(self) -> int:
        """Step: give release numbers to what has settled."""
        return self.store.articles.release(self.clock())

    def publish_feed(self, name: str) -> Published:
        """Step: bring one feed's documents up to date."""
        from pipeline.publish.feed import publish_feed  # noqa: PLC0415  (formats load slowly)

        spec = wiring.feed_spec(next(feed for feed in self.settings.feeds if feed.name == name))
        articles = self.store.articles
        return publish_feed(
            wiring.site_spec(self.settings),
            spec,
            articles.newest(limit=spec.limit, topics=spec.topics, sources=spec.sources),
            self.settings.publish.directory,
            formats=self.formats,
            epoch=self.store.created,
            selection=articles.selection(limit=spec.limit, topics=spec.topics, sources=spec.sources),
        )

    def publish_pages(self) -> Published:
        """Step: the pages of articles without one of their own, the index, and what is no longer configured."""
        from pipeline.publish.feed import feed_head, remove_feeds  # noqa: PLC0415
        from pipeline.publish.pages import publish_articles, publish_index  # noqa: PLC0415
        from pipeline.publish.spec import ARTICLES  # noqa: PLC0415

        site = wiring.site_spec(self.settings)
        directory = self.settings.publish.directory
        heads = [feed_head(site, wiring.feed_spec(feed), self.formats) for feed in self.settings.feeds]
        pages = publish_articles(
            site,
            self.store.articles.newest(limit=None),
            directory,
            environment=self.pages,
            selection=self.store.articles.selection(limit=None),
        )
        index = publish_index(site, heads, directory, environment=self.pages)
        return pages + index + remove_feeds(directory, {ARTICLES, *(feed.name for feed in self.settings.feeds)})

    @cached_property
    def pages(self) -> Environment:
        from pipeline.publish.pages import page_environment  # noqa: PLC0415

        return page_environment(*wiring.template_directories(self.settings))

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        from pipeline.publish.formats import load_formats  # noqa: PLC0415

        return load_formats(self.pages)

    # Mail

    def render_issue(self, issue: IssueId) -> list[Problem]:
        """Step: render the variants of an issue that have no message yet."""
        from pipeline.publish.permalink import permalink  # noqa: PLC0415
        from pipeline.render.look import VariantFacts  # noqa: PLC0415

        problems: list[Problem] = []
        base = wiring.feeds_url(self.settings)
        for variant in self.store.issues.unrendered(issue):
            newsletter = self.newsletters[variant.key.newsletter]
            facts = VariantFacts(
                cadence=variant.key.cadence,
                slot=variant.key.slot,
                articles=[(article, permalink(article, base)) for article in variant.articles],
            )
            try:
                message = self.renderer.render(wiring.look(self.settings, newsletter, variant.language), facts)
            except RenderError as error:
                problems.append(error.problem)
            else:
                self.store.issues.keep_message(variant.id, message)
        return problems

    def desk(self) -> Desk:
        """Where batches are handed to the providers of the newsletters."""
        return Desk(
            ledger=self.store.ledger,
            providers={name: self.providers(newsletter) for name, newsletter in self.newsletters.items()},
            fields=self.merge_fields,
            owner=self.owner.name,
            clock=self.clock,
            rates=wiring.rates(self.settings),
        )

    def merge_fields(self, addressee: Addressee, language: str) -> Mapping[str, str]:
        """The values of the merge fields for one addressee."""
        from pipeline.render.words import greeting  # noqa: PLC0415

        token = self.keys.make(UNSUBSCRIBE, SubscriptionId(addressee.subscription))
        return {
            "greeting": greeting(addressee.name, language),
            "unsubscribe_url": self._unsubscribe_url(token),
        }

    def providers(self, newsletter: config.Newsletter) -> Sequence[Provider]:
        """The newsletter's providers, in the order of failover."""
        return [self.provider(name) for name in newsletter.providers]

    def provider(self, name: str) -> Provider:
        if name not in self._providers:
            self._providers[name] = wiring.make_provider(self.settings, name)
        return self._providers[name]

    @cached_property
    def newsletters(self) -> Mapping[str, config.Newsletter]:
        return wiring.newsletters(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        from pipeline.render.renderer import Renderer  # noqa: PLC0415

        return Renderer(wiring.template_directories(self.settings))

    # Audience

    @cached_property
    def keys(self) -> TokenKeys:
        variable = self.settings.web.secret_env
        value = self.settings.secret(variable).get_secret_value() if variable else None
        return load_keys(value, self.store.directory / "rundbrief.key")

    @cached_property
    def choices(self) -> Choices:
        return Choices(self.keys, self.store.subscriptions)

    @cached_property
    def _unsubscribe_url(self) -> Callable[[str], str]:
        return wiring.unsubscribe_url(self.settings)

    # Its life

    @cached_property
    def owner(self) -> Owner:
        return Owner(self.store.directory / "owners")

    def bury_the_dead(self) -> None:
        """Step: take over what processes held that died, and what leases ran out on."""
        at = self.clock()
        holders = {*self.store.ledger.owners(), *self.store.runs.owners()}
        dead = self.owner.dead(holders)
        self.store.ledger.expire(at, dead)
        self.store.runs.break_off(dead, at)

    def close(self) -> None:
        for provider in self._providers.values():
            provider.close()
        if "owner" in self.__dict__:
            self.owner.close()
        self.store.close()


def open_app(file: Path, clock: Clock = now) -> App:
    """Read the configuration and open the store.  Raises `pipeline.errors.PipelineError`."""
    settings = config.load(file, os.environ)
    try:
        store = open_store(settings.store_url.get_secret_value(), wiring.state_directory(settings), clock())
    except OSError as error:
        raise StoreError(f"can't be opened: {error}.", where="store.url", mend="Is the directory writable?") from error
    return App(settings, store, clock)
