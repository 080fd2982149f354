"""A newsletter's past issues as a feed: each of them is an entry that leads to its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.audience.offer import Offer
from pipeline.domain.article import Article, ArticleId, Content
from pipeline.domain.past_issue import PastIssue
from pipeline.publish.spec import FeedSpec

if TYPE_CHECKING:
    from pipeline.publish.format import Format


@dataclass(frozen=True, slots=True)
class IssueFeed:
    """Makes the documents.  ``epoch`` is when a feed without issues last changed."""

    settings: config.Config
    formats: Callable[[], tuple[Format, ...]]
    epoch: datetime

    def __call__(self, offer: Offer, issues: Sequence[PastIssue]) -> bytes:
        """The Atom document of these issues, newest first."""
        from pipeline.publish.feed import feed_head  # noqa: PLC0415  (formats load slowly)
        from pipeline.publish.in_memory import document  # noqa: PLC0415

        home = f"{self.settings.site.url}/archive/{offer.name}"
        feed = FeedSpec(
            name=offer.name,
            title=offer.title,
            description=offer.description,
            language=offer.language,
            formats=("atom",),
            archive=False,
            id=f"{home}/atom.xml",
        )
        atom = next(one for one in self.formats() if one.name == "atom")
        site = replace(wiring.publish.site_spec(self.settings), url=f"{home}/", hub=None)
        head = feed_head(site, feed, [atom])
        documents = tuple(replace(one, url=f"{home}/{one.filename}") for one in head.documents)
        entries = [_entry(number, one, f"{home}/{one.path}") for number, one in enumerate(issues, 1)]
        return document(replace(head, documents=documents), atom, entries, self.epoch)


def _entry(number: int, one: PastIssue, url: str) -> Article:
    return Article(
        id=ArticleId(number),
        public_id=url,
        revision=1,
        content=Content(title=one.subject, html="", url=url, published=one.slot, language=one.language),
        first_seen=one.slot,
        changed=one.slot,
    )
