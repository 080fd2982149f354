"""Reading what may be a WordPress API or a sitemap, just far enough to see that it is one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml import etree

from pipeline.collect.candidates import Facts
from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.fetch import Response
from pipeline.collect.links import web_url

_LARGEST = 20_000_000
_FORMS = {"urlset": "Sitemap", "sitemapindex": "Sitemap index"}
_POSTS = {"per_page": "10", "_fields": "date_gmt,content,excerpt"}


def posts_url(api: str) -> str:
    """The newest posts, below the root of a WordPress API (``/wp-json/`` or ``?rest_route=/``)."""
    parts = urlsplit(api)
    query = dict(parse_qsl(parts.query))
    if "rest_route" in query:
        query["rest_route"] = query["rest_route"].rstrip("/") + "/wp/v2/posts"
        return urlunsplit(parts._replace(query=urlencode({**query, **_POSTS}, safe="/,")))
    return urljoin(api.rstrip("/") + "/", "wp/v2/posts?" + urlencode(_POSTS, safe=","))


def api_title(response: Response) -> tuple[str, str | None] | None:
    """A site's name and address as its WordPress API says; None where it is none, or shows no posts."""
    record = _json(response)
    if not isinstance(record, dict) or "wp/v2" not in (record.get("namespaces") or ()):
        return None
    home = record.get("home")
    return clean_text(plain_text(str(record.get("name") or ""))), web_url(home) if isinstance(home, str) else None


def posts_facts(response: Response, title: str) -> Facts | None:
    """What a page of posts shows; None where it is none."""
    posts = _json(response)
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        return None
    total = response.headers.get("x-wp-total", "")
    lengths = [(_length(post, "content"), _length(post, "excerpt")) for post in posts]
    return Facts(
        form="WordPress API",
        title=title,
        entries=int(total) if total.isdecimal() and len(total) < 10 else len(posts),  # noqa: PLR2004 - a sane number
        newest=newest_of([str(post.get("date_gmt") or "") for post in posts]),
        full_text=any(content > excerpt for content, excerpt in lengths) if posts else None,
    )


def sitemap_facts(response: Response) -> Facts | None:
    """What a sitemap or an index of sitemaps shows (sitemaps.org); None where it is none."""
    body = _inflated(response.body)
    if b"<!ENTITY" in body.replace(b"\0", b""):
        return None
    # What was too long to be taken out whole breaks off.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, recover=len(body) >= _LARGEST)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    form = _FORMS.get(etree.QName(root).localname)
    if form is None or root.getroottree().docinfo.internalDTD is not None:
        return None
    # They are in ISO 8601: there is no need to read tens of thousands of them.
    dates = nlargest(20, {str(element.text or "") for element in root.iter("{*}lastmod", "{*}publication_date")})
    return Facts(form=form, entries=sum(1 for _ in root.iterchildren("{*}url", "{*}sitemap")), newest=newest_of(dates))


def newest_of(written: Sequence[str]) -> datetime | None:
    """The latest of the dates that can be read."""
    return max(filter(None, (parse_date(text, UTC) for text in written if text)), default=None)


def _json(response: Response) -> Any:  # noqa: ANN401 - whatever the server says
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def _length(post: dict[str, Any], key: str) -> int:
    value = post.get(key)
    return len(str(value.get("rendered") or "")) if isinstance(value, dict) else 0


def _inflated(body: bytes) -> bytes:
    """Sitemaps are often kept compressed, without a header that tells."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(31).decompress(body, _LARGEST)
    except zlib.error:
        return b""
