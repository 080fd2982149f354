"""Feeds for one subscription each: what it would be mailed, as a feed reader takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.domain.article import Article, topic_key
from pipeline.domain.audience import Subscription
from pipeline.domain.selection import Selection
from pipeline.publish.spec import FeedSpec
from pipeline.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.publish.format import FeedHead, Format

_SHOWN = 50
_LOOKED_AT = 1_000


@dataclass
class PrivateFeeds:
    """Makes the documents of private feeds.  Threads may share it."""

    settings: config.Config
    store: Store
    formats: Callable[[], tuple[Format, ...]]

    @cached_property
    def _newsletters(self) -> Mapping[str, config.Newsletter]:
        return wiring.mail.newsletters(self.settings)

    def media_type(self, filename: str) -> str | None:
        """What a document of this name is; None if there is none."""
        format_ = self._format(filename)
        return format_.media_type if format_ else None

    def version(self, one: Subscription, url: str, filename: str) -> str:
        """Changes whenever the document would; costs no article's content."""
        newsletter, format_ = self._newsletters.get(one.newsletter), self._format(filename)
        selection = self.store.articles.selection(limit=_LOOKED_AT, chosen=_chosen(newsletter))
        made_of = (selection, one.topics, one.language, url, filename, newsletter, format_ and format_.version)
        return sha256(repr(made_of).encode()).hexdigest()[:32]

    def document(self, one: Subscription, url: str, filename: str) -> bytes:
        """The document; ``url`` is the address of the feed, without the document's name."""
        from pipeline.publish.in_memory import document  # noqa: PLC0415  (formats load slowly)

        format_ = self._format(filename)
        if format_ is None:
            msg = f"there is no document {filename}"
            raise ValueError(msg)
        head = self._head(one, url)
        return document(head, format_, self._articles(one), self.store.created)

    def _articles(self, one: Subscription) -> Iterator[Article]:
        """Articles that have a topic of the newsletter and one that the person chose, as in mail."""
        newest = self.store.articles.newest(limit=_LOOKED_AT, chosen=_chosen(self._newsletters.get(one.newsletter)))
        wanted = frozenset(one.topics)
        mine = (
            article for article in newest if not wanted or not wanted.isdisjoint(map(topic_key, article.content.topics))
        )
        return islice(mine, _SHOWN)

    def _head(self, one: Subscription, url: str) -> FeedHead:
        from pipeline.publish.feed import feed_head  # noqa: PLC0415

        newsletter = self._newsletters.get(one.newsletter)
        feed = FeedSpec(
            name=one.newsletter,
            title=newsletter.title if newsletter else one.newsletter,
            description=newsletter.description if newsletter else "",
            language=newsletter.language if newsletter else None,
            formats=("atom", "rss", "json"),
            limit=_SHOWN,
            # Its address may change; what it is stays.
            id=f"{self.settings.site.url}/private/{one.newsletter}",
            archive=False,
        )
        # No hub is told of it, and none may be asked for it.
        site = replace(wiring.publish.site_spec(self.settings), hub=None)
        head = feed_head(site, feed, self.formats())
        documents = tuple(replace(document, url=f"{url}/{document.filename}") for document in head.documents)
        return replace(head, documents=documents)

    def _format(self, filename: str) -> Format | None:
        return next((one for one in self.formats() if one.filename == filename and one.name != "html"), None)


def _chosen(newsletter: config.Newsletter | None) -> Selection:
    return Selection(topics=newsletter.topics if newsletter else ())
