"""The feeds of sites that somebody moves away from, as their generators write them; the posts are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

FIRST = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
HOME = "https://blog.example.org"


@dataclass(frozen=True)
class Post:
    """The post of this number; newer ones have higher numbers."""

    number: int
    home: str = HOME

    @property
    def title(self) -> str:
        return f"Beitrag {self.number} & mehr"

    @property
    def url(self) -> str:
        return f"{self.home}/2024/beitrag-{self.number}/"

    @property
    def published(self) -> datetime:
        return FIRST + timedelta(days=self.number)

    @property
    def html(self) -> str:
        return f"<p>Der Text von Beitrag {self.number}, in wenigen Worten.</p>"

    @property
    def markdown(self) -> str:
        front = f'---\ntitle: "{self.title}"\ndate: {self.published.isoformat()}\nurl: {self.url}\n---\n\n'
        return f"{front}Der Text von Beitrag {self.number}, in wenigen Worten, und einigen mehr.\n"


def posts(count: int) -> list[Post]:
    """Newest first."""
    return [Post(number) for number in range(count, 0, -1)]


def wordpress_guid(post: Post) -> str:
    return f"{post.home}/?p={post.number}"


def ghost_guid(post: Post) -> str:
    return f"5e{post.number:022x}"


def wordpress_rss(some: Sequence[Post], *, generator: str = "https://wordpress.org/?v=6.8.1") -> bytes:
    items = "".join(_item(post, f'<guid isPermaLink="false">{escape(wordpress_guid(post))}</guid>') for post in some)
    return _rss(f"<generator>{generator}</generator>", items)


def ghost_rss(some: Sequence[Post]) -> bytes:
    items = "".join(_item(post, f'<guid isPermaLink="false">{ghost_guid(post)}</guid>') for post in some)
    return _rss("<generator>Ghost 5.80</generator>", items)


def hugo_rss(some: Sequence[Post]) -> bytes:
    return _rss("<generator>Hugo</generator>", "".join(_item(post, f"<guid>{post.url}</guid>") for post in some))


def jekyll_atom(some: Sequence[Post], *, following: str | None = None) -> bytes:
    link = f'<link rel="next" href="{following}"/>' if following else ""
    entries = "".join(
        f'<entry><title type="html">{escape(escape(post.title))}</title><link href="{post.url}" rel="alternate"/>'
        f"<published>{post.published.isoformat()}</published><updated>{post.published.isoformat()}</updated>"
        f'<id>{jekyll_id(post)}</id><content type="html">{escape(post.html)}</content></entry>'
        for post in some
    )
    head = f"<id>{HOME}/feed.xml</id><title>Das Blog</title><updated>{FIRST.isoformat()}</updated>{link}"
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def jekyll_id(post: Post) -> str:
    return post.url.removesuffix("/")


def _item(post: Post, guid: str) -> str:
    return (
        f"<item><title>{escape(post.title)}</title><link>{post.url}</link>{guid}"
        f"<pubDate>{format_datetime(post.published)}</pubDate><description>{escape(post.html)}</description></item>"
    )


def _rss(more: str, items: str) -> bytes:
    head = f"<title>Das Blog</title><link>{HOME}</link><description>Ein Blog</description>{more}"
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
