"""The steps that publish: feeds and those of groups, pages, the index, and what is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.publish.format import FeedHead, Format
    from pipeline.publish.pages import PageEnvironment
    from pipeline.publish.published import Published
    from pipeline.publish.spec import FeedSpec


@dataclass
class Publishing:
    """Brings the directory of feeds up to date with the store.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Callable[[], datetime]

    def publish_feed(self, name: str) -> Published:
        """Step: bring one configured feed's documents up to date; those of its groups, if it is made of groups."""
        return self._in_turn(f"feeds.{name}", partial(self._publish_feeds_of, self.feeds[name]))

    def _publish_feeds_of(self, feed: config.Feed) -> Published:
        from pipeline.publish.groups import remove_feeds_of_groups  # noqa: PLC0415
        from pipeline.publish.published import Published  # noqa: PLC0415

        specs = self.feed_specs(feed)
        done = sum(map(self._publish_feed, specs), start=Published())
        # Also if it is no longer made of groups.
        keep = {spec.name for spec in specs}
        return done + remove_feeds_of_groups(self.settings.publish.directory, wiring.publish.feed_spec(feed), keep)

    def _publish_feed(self, spec: FeedSpec) -> Published:
        from pipeline.publish.feed import publish_feed  # noqa: PLC0415  (formats load slowly)

        articles = self.store.articles
        return publish_feed(
            wiring.publish.site_spec(self.settings),
            spec,
            articles.newest(limit=spec.limit, chosen=spec.selection),
            self.settings.publish.directory,
            formats=self.formats,
            epoch=self.store.created,
            selection=partial(articles.selection, limit=spec.limit, chosen=spec.selection),
            archive=self.store.archive(spec.selection, self.clock()) if spec.archive else None,
        )

    def all_heads(self) -> Sequence[FeedHead]:
        """All feeds that there are now."""
        from pipeline.publish.feed import feed_head  # noqa: PLC0415

        site = wiring.publish.site_spec(self.settings)
        specs = (spec for feed in self.settings.feeds for spec in self.feed_specs(feed))
        return [feed_head(site, spec, self.formats) for spec in specs]

    def feed_specs(self, feed: config.Feed) -> Sequence[FeedSpec]:
        """The feeds that a table [[feeds]] makes: itself, or one for each of its groups that there is now."""
        from pipeline.publish.groups import feeds_of_groups  # noqa: PLC0415

        spec = wiring.publish.feed_spec(feed)
        if feed.each is None:
            return (spec,)
        found = self.store.articles.groups(feed.each, spec.selection)
        return feeds_of_groups(spec, found, lambda group: wiring.publish.group_title(group, feed.language))

    @cached_property
    def feeds(self) -> Mapping[str, config.Feed]:
        return {feed.name: feed for feed in self.settings.feeds}

    def publish_pages(self) -> Published:
        """Step: the pages of articles without one of their own, the index, and what is no longer configured."""
        return self._in_turn("feeds", self._publish_pages)

    def _publish_pages(self) -> Published:
        from pipeline.publish.feed import feed_head, remove_feeds  # noqa: PLC0415
        from pipeline.publish.index import HeadGroup, publish_index  # noqa: PLC0415
        from pipeline.publish.pages import publish_articles  # noqa: PLC0415
        from pipeline.publish.spec import ARTICLES  # noqa: PLC0415

        site = wiring.publish.site_spec(self.settings)
        directory = self.settings.publish.directory
        feeds: list[FeedHead] = []
        groups: list[HeadGroup] = []
        for feed in self.settings.feeds:
            heads = tuple(feed_head(site, spec, self.formats) for spec in self.feed_specs(feed))
            if feed.each is None:
                feeds += heads
            else:
                groups.append(HeadGroup(wiring.publish.feed_spec(feed), heads))
        pages = publish_articles(
            site,
            self.store.articles.newest(limit=None),
            directory,
            environment=self.pages,
            selection=self.store.articles.selection(limit=None),
        )
        index = publish_index(site, feeds, groups, directory, environment=self.pages)
        return pages + index + remove_feeds(directory, {ARTICLES, *self.feeds})

    def _in_turn(self, where: str, publish: Callable[[], Published]) -> Published:
        """Publish while nobody else does, and note what is gone with it."""
        from pipeline.publish.document_set import problem  # noqa: PLC0415
        from pipeline.publish.files import taking_turns  # noqa: PLC0415
        from pipeline.publish.gone import note_gone  # noqa: PLC0415
        from pipeline.publish.published import Published  # noqa: PLC0415

        directory = self.settings.publish.directory
        try:
            with taking_turns(directory):
                done = publish()
                note_gone(directory, done.removed)
                return done
        except OSError as error:
            return Published(problems=(problem(where, error, "The last good documents stay."),))

    @cached_property
    def pages(self) -> PageEnvironment:
        from pipeline.publish.pages import page_environment  # noqa: PLC0415

        return page_environment(*wiring.files.template_directories(self.settings), tone=self.settings.site.tone)

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        from pipeline.publish.formats import load_formats  # noqa: PLC0415

        return load_formats(self.pages)
