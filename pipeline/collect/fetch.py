"""Fetching over HTTP: conditional; bounded in bytes, time and redirects; only from where a stranger may send us."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import unquote, urldefrag, urlsplit, urlunsplit

import requests
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError

from pipeline.collect.addresses import Resolver, endpoints
from pipeline.collect.connections import CheckedAdapter, deadline, remaining
from pipeline.collect.fetch_failures import refused, shown_url, unreachable
from pipeline.collect.links import web_url
from pipeline.errors import InvalidSource, PipelineError

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
_CHUNK = 65_536
_LONGEST_WAIT = timedelta(days=30)
_PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_REDIRECTS = _PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
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
    them back as they are, quotes included (RFC 9110, 8.8).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inquiry:
    """One call of `Fetcher.get`: what stays the same at each hop.  ``where`` is the URL as it may be shown."""

    session: requests.Session
    headers: Mapping[str, str]
    login: _Login | None
    where: str
    now: datetime

    @property
    def conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers


@dataclass(frozen=True, slots=True)
class _Login:
    """Credentials from a source's URL, and the only origin that gets them."""

    origin: tuple[str, str]
    auth: HTTPBasicAuth


class Fetcher:
    """Fetches documents; may be shared between threads.

    It keeps no cookies, sends no Referer, and takes nothing from the environment (no proxies, no .netrc).
    ``user_agent`` says who asks.  ``ca_file`` holds the certificates that are trusted instead of certifi's;
    ``resolve`` finds addresses as `socket.getaddrinfo` does.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        limits: FetchLimits | None = None,
        ca_file: str | None = None,
        resolve: Resolver = socket.getaddrinfo,
    ) -> None:
        self._user_agent = user_agent
        self._limits = limits or FetchLimits()
        self._guarded = _session(CheckedAdapter(partial(endpoints, resolve=resolve), ca_file=ca_file))
        open_finder = partial(endpoints, allow_private=True, resolve=resolve)
        self._open = _session(CheckedAdapter(open_finder, ca_file=ca_file))

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = FEED_TYPES,
        allow_private: bool = False,
        now: datetime,
    ) -> Response:
        """Fetch ``url``, following redirects; ``etag`` and ``last_modified`` are those of the last answer.

        Addresses that are not public are refused, at every hop, unless ``allow_private``.  Credentials in ``url`` go to
        its own origin only.  Raises `SourceGone` (410); `SourceUnavailable` for other refusals and for exchanges that
        break off or last too long, with the wait that the server asked for, counted from ``now``; `InvalidSource` for
        what breaks a limit or leads where it must not.
        """
        where = shown_url(url)
        target, login = _without_login(url, where)
        headers = {
            "User-Agent": self._user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            # Sources are many and each is asked seldom: kept connections would only pile up.
            "Connection": "close",
        }
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        session = self._open if allow_private else self._guarded
        inquiry = _Inquiry(session=session, headers=headers, login=login, where=where, now=now)
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
        for _ in range(self._limits.max_redirects + 1):
            login = inquiry.login
            auth = login.auth if login and _origin(url) == login.origin else None
            request = inquiry.session.prepare_request(requests.Request("GET", url, headers=inquiry.headers, auth=auth))
            timeout = (self._limits.connect_seconds, remaining())
            with inquiry.session.send(request, stream=True, allow_redirects=False, timeout=timeout) as answer:
                location = answer.headers.get("Location")
                if answer.status_code not in _REDIRECTS or not location:
                    return self._answered(answer, inquiry, url, moved_to)
                permanent = permanent and answer.status_code in _PERMANENT
            url = _next_hop(location, url)
            moved_to = url if permanent else moved_to
        raise InvalidSource(f"it redirects more than {self._limits.max_redirects} times.", mend="Check its url.")

    def _answered(self, answer: requests.Response, inquiry: _Inquiry, url: str, moved_to: str | None) -> Response:
        status, headers, sent = answer.status_code, answer.headers, inquiry.headers
        not_modified = status == HTTPStatus.NOT_MODIFIED and inquiry.conditional
        if not not_modified and not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise refused(status, inquiry.where, _retry_after(headers.get("Retry-After"), inquiry.now))
        content_type = headers.get("Content-Type", "")
        charset = _CHARSET.search(content_type)
        return Response(
            status=status,
            url=url,
            body=b"" if not_modified else self._body(answer),
            content_type=content_type.partition(";")[0].strip().lower(),
            charset=charset[1] if charset else None,
            # A 304 need not repeat them.
            etag=headers.get("ETag") or (sent.get("If-None-Match") if not_modified else None),
            last_modified=headers.get("Last-Modified") or (sent.get("If-Modified-Since") if not_modified else None),
            moved_to=moved_to,
            not_modified=not_modified,
        )

    def _body(self, answer: requests.Response) -> bytes:
        body = bytearray()
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._limits.max_bytes:
                raise InvalidSource(f"its answer is longer than {self._limits.max_bytes:,} bytes.")
            remaining()
        return bytes(body)


def _session(adapter: CheckedAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.adapters.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _without_login(url: str, where: str) -> tuple[str, _Login | None]:
    """The URL without its userinfo and fragment, and what that was."""
    absolute = web_url(url)
    if absolute is None:
        raise InvalidSource("that is not an http or https address.", where=where, mend="Check the source's url.")
    parts = urlsplit(urldefrag(absolute).url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if parts.username is None:
        return bare, None
    auth = HTTPBasicAuth(unquote(parts.username).encode(), unquote(parts.password or "").encode())
    return bare, _Login(_origin(bare), auth)


def _next_hop(location: str, url: str) -> str:
    """Where a Location leads; bytes beyond ASCII are UTF-8 in practice, though http.client reads them as Latin-1."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    target = web_url(location, url)
    if target is None:
        raise InvalidSource("it redirects to what is not an http or https address.", mend="Check the source's url.")
    if "@" in urlsplit(target).netloc:
        raise InvalidSource("it redirects to an address with a user name in it.", mend="Check the source's url.")
    return urldefrag(target).url


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that Retry-After asks for, in seconds or until a date (RFC 9110, 10.2.3); a month at most."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), _LONGEST_WAIT)
