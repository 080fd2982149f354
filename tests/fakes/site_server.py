"""A web site on loopback with sitemaps and articles, which counts who asks for what."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from random import Random

from tests.fakes.feed_server import FeedServer

PAGES = Path(__file__).parent.parent / "data" / "pages"
_WORDS = "der die das und haus baum strom netz stadt werk jahr preis markt wasser wind energie kosten bericht fluss"
_NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def article(title: str, head: str = "", body: str = "", language: str = "de") -> str:
    """A page with an article of its own words, which depend on the title only, and all that stands around one."""
    random = Random(title)
    paragraphs = "".join(f"<p>{' '.join(random.choices(_WORDS.split(), k=30)).capitalize()}.</p>" for _ in range(4))
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'{head}</head><body><nav><a href="/">Start</a> <a href="/impressum">Impressum</a></nav><main><article>'
        f"<h1>{escape(title)}</h1>{paragraphs}{body}</article></main>"
        "<footer>Impressum und Datenschutz</footer></body></html>"
    )


class SiteServer(FeedServer):
    """``with SiteServer() as site:``; pages and sitemaps are put at paths and can be put there again."""

    def page(self, path: str, html: str | bytes, *, content_type: str = "text/html; charset=utf-8") -> str:
        return self.document(path, html if isinstance(html, bytes) else html.encode(), content_type)

    def article(self, path: str, title: str, **more: str) -> str:
        return self.page(path, article(title, **more))

    def robots(self, text: str) -> None:
        self.document("/robots.txt", text.encode(), "text/plain")

    def sitemap(
        self, path: str, entries: Mapping[str, str] | Sequence[str], *, etag: str | None = None, more: str = ""
    ) -> str:
        """A sitemap of paths, with their lastmod where ``entries`` is a mapping; ``more`` is XML of its own."""
        return self._xml(path, self.urlset(entries, more), etag)

    def urlset(self, entries: Mapping[str, str] | Sequence[str], more: str = "") -> str:
        dated = entries if isinstance(entries, Mapping) else dict.fromkeys(entries, "")
        urls = "".join(
            f"<url><loc>{escape(self.url(one))}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>"
            for one, lastmod in dated.items()
        )
        return f'<?xml version="1.0" encoding="UTF-8"?><urlset {_NAMESPACES}>{urls}{more}</urlset>'

    def index(self, path: str, children: Mapping[str, str], *, etag: str | None = None) -> str:
        listed = "".join(
            f"<sitemap><loc>{self.url(one)}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</sitemap>"
            for one, lastmod in children.items()
        )
        return self._xml(path, f'<?xml version="1.0"?><sitemapindex {_NAMESPACES}>{listed}</sitemapindex>', etag)

    def packed(self, path: str, entries: Mapping[str, str] | Sequence[str]) -> str:
        return self.document(path, gzip.compress(self.urlset(entries).encode()), "application/gzip")

    def news(self, path: str, page: str, *, title: str, published: datetime, language: str, picture: str) -> str:
        """A sitemap of one news article, with a picture."""
        return self.sitemap(
            path,
            [],
            more=f"<url><loc>{self.url(page)}</loc><news:news><news:publication><news:name>Bote</news:name>"
            f"<news:language>{language}</news:language></news:publication>"
            f"<news:publication_date>{published.isoformat()}</news:publication_date>"
            f"<news:title>{escape(title)}</news:title></news:news>"
            f"<image:image><image:loc>{self.url(picture)}</image:loc><image:title>Ein Bild</image:title></image:image>"
            "</url>",
        )

    def counted(self, path: str) -> int:
        """How often it was asked for."""
        return len(self.asked(path))

    def _xml(self, path: str, text: str, etag: str | None) -> str:
        return self.document(path, text.encode(), "application/xml", etag=etag)
