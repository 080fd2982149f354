"""WordPress' REST API: where it is, and its pages of posts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.page_links import page_links
from pipeline.collect.sources.wordpress_post import EMBEDDED, LIST_FIELDS, POST_FIELDS, Row, read_row
from pipeline.errors import InvalidSource, SourceGone, SourceUnavailable

PER_PAGE = 100
"""The most that WordPress gives at once."""

_JSON = "application/json"
_HTML = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
_MOST_BYTES = 4_000_000_000
_MOST_FAILURES = 10
_REFUSALS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class ApiOff(InvalidSource):
    """There is no API at this address, or it is not for us.  ``status`` is the HTTP status that says so."""

    def __init__(self, what: str, *, where: str, status: int | None = None) -> None:
        super().__init__(what, where=where)
        self.status = status


class Fetching(Protocol):
    """What is needed of `pipeline.collect.fetch.Fetcher`."""

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = ...,
        allow_private: bool = False,
        now: datetime,
    ) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a listing.  ``total`` counts the posts on all pages, None where the server doesn't say."""

    rows: tuple[Row, ...]
    total: int | None
    last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a site's API may be, the likeliest place first, and where its feed is."""

    roots: tuple[str, ...]
    feed: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A post that the server can't show."""

    id: int
    why: str


@dataclass(slots=True)
class Api:
    """Asks, and counts what that costs: ``requests``, and ``received`` bytes."""

    fetcher: Fetching
    allow_private: bool
    now: datetime
    per_page: int = PER_PAGE
    requests: int = 0
    received: int = 0
    _read: int = field(default=0, repr=False)

    def discover(self, url: str) -> Site:
        """Look at the site's page.  Raises `SourceError` where it can't be reached at all."""
        try:
            home = self._get(url, _HTML)
        except SourceUnavailable as error:
            if error.status not in _REFUSALS:
                raise
            return _site(Response(status=int(error.status or 0), url=url))
        return _site(home)

    def page(self, root: str, number: int, **query: str | int) -> Page:
        """A page of the listing of published posts.  Raises `ApiOff`, and `SourceError` as the fetcher does."""
        asked = {"_fields": LIST_FIELDS, "status": "publish", "per_page": self.per_page, "page": number, **query}
        try:
            records, headers = self._records(_endpoint(root, asked))
        except ApiOff as error:
            if number == 1 or error.status != HTTPStatus.BAD_REQUEST:
                raise
            # rest_post_invalid_page_number: posts went away since the page before, and with them this page.
            return Page(rows=(), total=None, last=True)
        pages, total = _number(headers, "x-wp-totalpages"), _number(headers, "x-wp-total")
        last = number >= pages if pages is not None else len(records) < self.per_page
        if total is None and last and number == 1:
            total = len(records)
        return Page(rows=tuple(filter(None, map(read_row, records))), total=total, last=last)

    def posts(self, root: str, ids: Sequence[int]) -> Iterator[Mapping[str, Any] | Failed]:
        """The posts with all that they say; one that is not published any more is left out.

        A request that fails is divided, so that one post on which the site breaks does not cost the others.
        """
        batches = [ids[start : start + self.per_page] for start in range(0, len(ids), self.per_page)][::-1]
        failures = 0
        while batches:
            batch = batches.pop()
            try:
                records = self._posts(root, batch)
            except (SourceUnavailable, InvalidSource) as error:
                failures += 1
                if failures > _MOST_FAILURES or not _divisible(error):
                    raise
                half = len(batch) // 2
                if half:
                    batches += [batch[half:], batch[:half]]
                else:
                    yield Failed(batch[0], error.what)
                continue
            failures = 0
            yield from records

    def _posts(self, root: str, ids: Sequence[int]) -> list[Mapping[str, Any]]:
        asked: dict[str, str | int] = {
            "_fields": POST_FIELDS,
            "_embed": EMBEDDED,
            "status": "publish",
            "per_page": len(ids),
            "include": ",".join(map(str, ids)),
        }
        records, _ = self._records(_endpoint(root, asked))
        wanted = set(ids)
        return [record for record in records if isinstance(record, dict) and record.get("id") in wanted]

    def _records(self, url: str) -> tuple[list[Any], Mapping[str, str]]:
        where = shown_url(url)
        try:
            response = self._get(url, _JSON)
        except SourceUnavailable as error:
            if error.status in _REFUSALS:
                raise ApiOff(error.what, where=where, status=error.status) from error
            raise
        except SourceGone as error:
            raise ApiOff(error.what, where=where, status=HTTPStatus.GONE) from error
        return _decoded(response, where), response.headers

    def _get(self, url: str, accept: str) -> Response:
        if self._read > _MOST_BYTES:
            raise InvalidSource(f"it sent more than {_MOST_BYTES:,} bytes.", where=shown_url(url))
        # A request that fails is one too.
        self.requests += 1
        response = self.fetcher.get(url, accept=accept, allow_private=self.allow_private, now=self.now)
        self.requests += response.requests - 1
        self.received += response.received
        self._read += len(response.body)
        return response


def _divisible(error: SourceUnavailable | InvalidSource) -> bool:
    """Whether a smaller request may succeed: not where the server, or the host's other answers, said "later"."""
    if isinstance(error, SourceUnavailable):
        return error.retry_after is None and error.status not in _LATER
    return not isinstance(error, ApiOff)


def _decoded(response: Response, where: str) -> list[Any]:
    """The records.  Raises `ApiOff` for a page for people or another object; `InvalidSource` for broken JSON."""
    try:
        document = json.loads(response.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        start = response.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if response.content_type == "text/html" or start.startswith((b"<!doctype", b"<html")):
            raise ApiOff("a page for people is there instead of the REST API.", where=where) from error
        raise InvalidSource(
            f"the REST API's answer isn't valid JSON ({error}).",
            where=where,
            mend="A PHP message in it is the usual cause: ask the site's owner to switch WP_DEBUG_DISPLAY off. "
            'Until then, make the source\'s type "feed".',
        ) from error
    if not isinstance(document, list):
        said = document.get("message") if isinstance(document, dict) else None
        raise ApiOff(f"the REST API lists no posts: {said}" if said else "the REST API lists no posts.", where=where)
    return document


def _endpoint(root: str, query: Mapping[str, str | int]) -> str:
    """The address of the posts below ``root``, which may be a path or a parameter (``/?rest_route=/``)."""
    parts = urlsplit(root)
    asked = dict(parse_qsl(parts.query))
    path = parts.path
    if "rest_route" in asked:
        asked["rest_route"] = asked["rest_route"].rstrip("/") + "/wp/v2/posts"
    else:
        path = path.rstrip("/") + "/wp/v2/posts"
    encoded = urlencode({**asked, **query}, safe=",:/")
    return urlunsplit(parts._replace(path=path, query=encoded, fragment=""))


def _site(home: Response) -> Site:
    parts = urlsplit(home.url)  # a redirect may have led to www, or into a directory
    folder = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/", query="", fragment=""))
    links = page_links(home)
    # Links for people may lead to anybody's feed; WordPress names its own in the page's head.
    feed = next((link.url for link in links.feeds if link.found != "link in the page"), None)
    before, found, _ = folder.partition("/wp-json/")
    roots = [
        *([f"{before}/wp-json/"] if found else []),
        *([links.api] if links.api else []),
        urljoin(folder, "wp-json/"),
        urljoin(folder, "?rest_route=/"),
    ]
    return Site(roots=tuple(dict.fromkeys(roots)), feed=feed or urljoin(f"{before}/" if found else folder, "feed/"))


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < len("1000000000") else None
