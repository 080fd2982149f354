"""Fetching over HTTP: conditional, polite, bounded in bytes, time and redirects; never where it must not go."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError

from pipeline.collect.addresses import Connect, Resolver, endpoints
from pipeline.collect.connections import CheckedAdapter, deadline, postponed_deadline, remaining
from pipeline.collect.fetch_failures import refused, shown_url, unreachable
from pipeline.collect.freshness import fresh_until, retry_after
from pipeline.collect.hosts import Hosts, host_of
from pipeline.collect.resolving import TimedResolver
from pipeline.collect.targets import Login, get_request, next_hop, origin, without_login
from pipeline.errors import InvalidSource, PipelineError

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
_CHUNK = 65_536
_PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_REDIRECTS = _PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:+-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What one fetch may cost: bytes after decompression, seconds in all and to connect, redirects."""

    max_bytes: int = 20_000_000
    total_seconds: float = 30.0
    connect_seconds: float = 10.0
    max_redirects: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a server answered.

    ``url`` is where the answer came from, ``moved_to`` where permanent redirects led (up to the first that was not).
    ``body`` is decompressed, and empty where ``not_modified``.  ``content_type`` is the media type in lower case, ""
    where none was given; ``charset`` as the Content-Type names it.  ``etag`` and ``last_modified`` are opaque: send
    them back as they are, quotes included (RFC 9110, 8.8).  ``headers`` are all of them, by their names in lower case;
    of one that came more than once, the values are joined by commas.  Asking again before ``fresh_until`` would bring
    nothing new.  ``requests`` counts the redirects too; ``received`` is the body in bytes, as it came over the wire.
    """

    status: int
    url: str
    body: bytes = b""
    content_type: str = ""
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    not_modified: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    fresh_until: datetime | None = None
    requests: int = field(default=1, compare=False)
    received: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inquiry:
    """One call of `Fetcher.get`: what stays the same at each hop.  ``where`` is the URL as it may be shown.

    ``spaced`` tells whether requests to one host keep a distance; ``read`` whether the answer is read to its end.
    """

    adapter: CheckedAdapter
    spaced: bool
    read: bool
    headers: Mapping[str, str]
    login: Login | None
    where: str
    now: datetime
    on_redirect: Callable[[str], object] | None

    @property
    def conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers


class Fetcher:
    """Fetches documents; may be shared between threads.

    It keeps no cookies, sends no Referer, and takes nothing from the environment (no proxies, no .netrc).
    ``user_agent`` says who asks.  ``ca_file`` holds the certificates that are trusted instead of certifi's;
    ``resolve`` finds addresses as `socket.getaddrinfo` does, ``connect`` connects a socket to one.  ``hosts`` are
    those that the process asks; give the same to all fetchers.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        limits: FetchLimits | None = None,
        ca_file: str | None = None,
        resolve: Resolver = socket.getaddrinfo,
        connect: Connect = socket.socket.connect,
        hosts: Hosts | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._hosts = hosts or Hosts()
        self._limits = limits or FetchLimits()
        in_time = TimedResolver(resolve, remaining)
        finder = partial(endpoints, resolve=in_time)
        self._guarded = CheckedAdapter(finder, ca_file=ca_file, connect=connect)
        self._open = CheckedAdapter(partial(finder, allow_private=True), ca_file=ca_file, connect=connect)

    def within(self, limits: FetchLimits) -> Fetcher:
        """The same fetcher, with its connections and hosts, under other limits."""
        if limits == self._limits:
            return self
        other = copy(self)
        other._limits = limits  # noqa: SLF001 - it is one of us
        return other

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = FEED_TYPES,
        allow_private: bool = False,
        read: bool = True,
        on_redirect: Callable[[str], object] | None = None,
        now: datetime,
    ) -> Response:
        """Fetch ``url``, following redirects; ``etag`` and ``last_modified`` are those of the last answer.

        Addresses that are not public are refused, at every hop, unless ``allow_private``.  Credentials in ``url`` go to
        its own origin only.  Waits while the host has enough to do with us; with ``allow_private``, for our own hosts,
        requests keep no distance.  Without ``read`` the answer's body stays empty.  ``on_redirect`` is told where a
        redirect leads before that is asked; what it raises ends the fetch.  Raises `SourceGone` (410); `HostResting`
        where the host said "later" to an earlier request; `SourceUnavailable` for other refusals and for exchanges that
        break off or last too long, with the wait that the server asked for, counted from ``now``; `InvalidSource` for
        what breaks a limit or leads astray.
        """
        where = shown_url(url)
        target, login = without_login(url, where)
        headers = {
            "User-Agent": self._user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            # Sources are many and each is asked seldom: kept connections would only pile up.
            "Connection": "close",
        }
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        adapter = self._open if allow_private else self._guarded
        inquiry = _Inquiry(
            adapter=adapter,
            spaced=not allow_private,
            read=read,
            headers=headers,
            login=login,
            where=where,
            now=now,
            on_redirect=on_redirect,
        )
        try:
            with deadline(self._limits.total_seconds):
                return self._follow(inquiry, target)
        except PipelineError as error:
            error.where = error.where or where
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise unreachable(error, where, self._limits.total_seconds) from error

    def close(self) -> None:
        """Give connections back.  May be called more than once."""
        self._guarded.close()
        self._open.close()

    def _follow(self, inquiry: _Inquiry, url: str) -> Response:
        moved_to = None
        permanent = True
        host = ""
        for requests_before in range(self._limits.max_redirects + 1):
            login = inquiry.login
            auth = login.auth if login and origin(url) == login.origin else None
            request = get_request(url, inquiry.headers, auth)
            before, host = host, host_of(url)
            # A redirect within the host belongs to the request before it.
            with self._turn(host, inquiry, spaced=inquiry.spaced and host != before):
                timeout = (self._limits.connect_seconds, remaining())
                # No session: it would keep cookies, and read what a redirect says, however long that is.
                with inquiry.adapter.send(request, stream=True, timeout=timeout) as answer:
                    location = answer.headers.get("Location")
                    if answer.status_code not in _REDIRECTS or not location:
                        self._heed(answer, host, inquiry)
                        return self._answered(answer, inquiry, url, moved_to, requests_before + 1)
                    permanent = permanent and answer.status_code in _PERMANENT
            url = next_hop(location, url)
            if inquiry.on_redirect:
                inquiry.on_redirect(url)
            moved_to = url if permanent else moved_to
        raise InvalidSource(f"it redirects more than {self._limits.max_redirects} times.", mend="Check its url.")

    @contextmanager
    def _turn(self, host: str, inquiry: _Inquiry, *, spaced: bool) -> Iterator[None]:
        self._hosts.check(host, inquiry.now)
        with ExitStack() as stack:
            # Waiting for others of ours is not the server's slowness.
            with postponed_deadline():
                stack.enter_context(self._hosts.turn(host, spaced=spaced))
            # Another may have been told "later" in the meantime.
            self._hosts.check(host, inquiry.now)
            yield

    def _heed(self, answer: requests.Response, host: str, inquiry: _Inquiry) -> None:
        if answer.status_code in _LATER:
            self._hosts.later(host, retry_after(answer.headers.get("Retry-After"), inquiry.now), inquiry.now)
        else:
            self._hosts.answered(host)

    def _answered(
        self, answer: requests.Response, inquiry: _Inquiry, url: str, moved_to: str | None, asked: int
    ) -> Response:
        status, headers, sent = answer.status_code, answer.headers, inquiry.headers
        not_modified = status == HTTPStatus.NOT_MODIFIED and inquiry.conditional
        if not not_modified and not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise refused(status, inquiry.where, retry_after(headers.get("Retry-After"), inquiry.now))
        content_type = headers.get("Content-Type", "")
        charset = _CHARSET.search(content_type)
        body = b"" if not_modified or not inquiry.read else self._body(answer)
        named = {name.lower(): value for name, value in headers.items()}
        return Response(
            status=status,
            url=url,
            body=body,
            content_type=content_type.partition(";")[0].strip().lower(),
            charset=charset[1] if charset else None,
            # A 304 need not repeat them.
            etag=headers.get("ETag") or (sent.get("If-None-Match") if not_modified else None),
            last_modified=headers.get("Last-Modified") or (sent.get("If-Modified-Since") if not_modified else None),
            moved_to=moved_to,
            not_modified=not_modified,
            headers=named,
            fresh_until=fresh_until(named, inquiry.now),
            requests=asked,
            received=answer.raw.tell(),
        )

    def _body(self, answer: requests.Response) -> bytes:
        body = bytearray()
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._limits.max_bytes:
                raise InvalidSource(f"its answer is longer than {self._limits.max_bytes:,} bytes.")
            remaining()
        return bytes(body)
