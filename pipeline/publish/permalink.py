"""Where an article can be read."""

from __future__ import annotations

from hashlib import blake2b

from pipeline.domain.article import Article
from pipeline.publish.spec import ARTICLES


def page_name(article: Article) -> str:
    """The file name of our own page for an article.

    It is made from the public id, which never changes: it survives a new title, and a store that is built anew.
    """
    return f"{blake2b(article.public_id.encode(), digest_size=8).hexdigest()}.html"


def permalink(article: Article, feeds_url: str) -> str:
    """The article's own page, or the one that we publish for an article without one."""
    return article.content.url or f"{feeds_url}/{ARTICLES}/{page_name(article)}"
