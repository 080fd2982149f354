"""Where a request goes: a source's address without its credentials, and the next hop of a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import HTTPBasicAuth

from pipeline.collect.links import web_url
from pipeline.errors import InvalidSource


@dataclass(frozen=True, slots=True)
class Login:
    """Credentials from a source's URL, and the only origin that gets them."""

    origin: tuple[str, str]
    auth: HTTPBasicAuth


def without_login(url: str, where: str) -> tuple[str, Login | None]:
    """The URL without its userinfo and fragment, and what that was."""
    absolute = web_url(url)
    if absolute is None:
        raise InvalidSource("that is not an http or https address.", where=where, mend="Check the source's url.")
    parts = urlsplit(urldefrag(absolute).url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    if parts.username is None:
        return bare, None
    auth = HTTPBasicAuth(unquote(parts.username).encode(), unquote(parts.password or "").encode())
    return bare, Login(origin(bare), auth)


def get_request(url: str, headers: Mapping[str, str], auth: HTTPBasicAuth | None) -> PreparedRequest:
    """A GET as it goes out: ``url`` is normal already, and there are no parameters, cookies and proxies to consider."""
    request = PreparedRequest()
    request.method, request.url = "GET", url
    request.prepare_headers(headers)
    if auth is not None:
        request.prepare_auth(auth, url)
    return request


def next_hop(location: str, url: str) -> str:
    """Where a Location leads; bytes beyond ASCII are UTF-8 in practice, though http.client reads them as Latin-1."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    target = web_url(location, url)
    if target is None:
        raise InvalidSource("it redirects to what is not an http or https address.", mend="Check the source's url.")
    if "@" in urlsplit(target).netloc:
        raise InvalidSource("it redirects to an address with a user name in it.", mend="Check the source's url.")
    return urldefrag(target).url


def origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
