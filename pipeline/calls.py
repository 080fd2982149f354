"""HTTP calls to strangers' servers for WebSub and alerts, behind the guard that fetches of sources have.

A stage does not know another, so this stands beside them: it is given to `pipeline.publish.websub` as its `Caller`.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from pipeline.collect.addresses import AddressRefused, Resolver, endpoints
from pipeline.collect.connections import CheckedAdapter, deadline, remaining
from pipeline.collect.fetch_failures import unreachable
from pipeline.collect.freshness import retry_after
from pipeline.publish.websub.caller import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

_CONNECT_SECONDS = 5.0
_TOTAL_SECONDS = 10.0
_MOST_BYTES = 1_024


class GuardedCaller:
    """Calls (see `pipeline.publish.websub.caller.Caller`).

    Addresses that are not public are refused unless ``allow_private``; the connection goes to the address that was
    checked.  Nothing is kept between calls: no cookies, no connections.  ``seconds`` bounds a call in all; ``permit``
    is how the configuration allows private addresses.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        clock: Callable[[], datetime],
        allow_private: bool = False,
        seconds: float = _TOTAL_SECONDS,
        permit: str = "`hub_allow_private = true` in [publish]",
        ca_file: str | None = None,
        resolve: Resolver = socket.getaddrinfo,
    ) -> None:
        self._user_agent = user_agent
        self._clock = clock
        self._seconds = seconds
        self._permit = permit
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.adapters.clear()
        adapter = CheckedAdapter(partial(endpoints, allow_private=allow_private, resolve=resolve), ca_file=ca_file)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def get(self, url: str) -> Answer:
        return self._call("GET", url, None, {})

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._call("POST", url, body, headers)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        own = {
            "User-Agent": self._user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        try:
            with deadline(self._seconds):
                data = None if body is None else _Timed(body)
                request = self._session.prepare_request(requests.Request(method, url, headers=own, data=data))
                # The address is called as it was given: requests would tidy it up.
                request.url = url
                timeout = (min(_CONNECT_SECONDS, self._seconds), remaining())
                with self._session.send(request, stream=True, allow_redirects=False, timeout=timeout) as answer:
                    return Answer(
                        status=answer.status_code,
                        # What is answered to content is nobody's business (WebSub, 7).
                        body=_beginning(answer) if body is None else b"",
                        retry_after=retry_after(answer.headers.get("Retry-After"), self._clock()),
                    )
        except AddressRefused as error:
            # Only where it may be allowed is there something to mend.
            hint = f" {self._permit} allows that." if error.mend else ""
            return Answer(error=f"{error.what}{hint}", reached=False)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            what = unreachable(error, "", self._seconds).what
            return Answer(error=what, reached=not _unconnected(error))


def _unconnected(error: Exception) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


class _Timed(io.BytesIO):
    """A body that is sent in pieces, so that the deadline also ends a call whose peer doesn't read."""

    def read(self, size: int | None = -1, /) -> bytes:
        remaining()
        return super().read(size)


def _beginning(answer: requests.Response) -> bytes:
    """What of the body is worth reading: a challenge is short, and nothing else is of interest."""
    body = bytearray()
    while len(body) <= _MOST_BYTES and (chunk := answer.raw.read1(_MOST_BYTES + 1 - len(body), decode_content=False)):
        body += chunk
        remaining()
    return bytes(body)
