"""Our own WebSub hub, where subscribers ask (W3C WebSub, section 5.1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.publish.websub.asking import Asked, AskedWrongly, read_asked
from pipeline.web.form import form_fields
from pipeline.web.site import Clock
from pipeline.web.throttle import Throttle

LARGEST_REQUEST = 8_192

Ask = Callable[[Asked, datetime], bool]
"""Keeps a request for verification; False where there are too many."""

_FORM = "application/x-www-form-urlencoded"
# A reader that subscribes to all feeds of a site does so in one go; what comes after that is a trickle.
_BURST, _PER_SECOND = 100, 0.5
_LATER = 600
_IPV4_NETWORK, _IPV6_NETWORK = 24, 48


class HubEndpoint:
    """POST asks for a subscription or for its end; the answer is 202, and the callback is asked later.

    What the callback says to that, and whether there is such a topic, is not to be learnt here.
    """

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._networks = Throttle(_BURST, _PER_SECOND)
        self._hosts = Throttle(_BURST, _PER_SECOND)

    async def post(self, request: Request) -> Response:
        """POST."""
        network = network_of(request)
        if wait := self._networks.wait(network):
            return _said(429, "Too many requests from your network.", wait)
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != _FORM:
            return _said(415, f"Send a form as {_FORM}.")
        try:
            asked = read_asked(form_fields(content_type, await request.body()), network)
        except AskedWrongly as error:
            return _said(400, str(error))
        # Everybody may name anybody's host: it must not be called more often for that than one of ours would be.
        if wait := self._hosts.wait(asked.host):
            return _said(429, "Too many requests for this callback's host.", wait)
        if not await run_in_threadpool(self._ask, asked, self._clock()):
            return _said(503, "This hub has as many subscriptions as it takes.", _LATER)
        return _said(202, "Your callback is going to be asked.")

    def get(self, _request: Request) -> Response:
        """GET, by a person who wonders what this is."""
        return _said(200, "This is a WebSub hub (https://www.w3.org/TR/websub/) for the feeds of this site.")


def network_of(request: Request) -> str:
    """The network that a request came from: so many may share an address, and so few own more than one.

    A peer that isn't public is a proxy of ours, which puts the client's address last into X-Forwarded-For.  "" where
    the client can't be told.
    """
    peer = _address(request.client.host if request.client else "")
    if peer is not None and not peer.is_global:
        peer = _address(request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip())
    if peer is None or not peer.is_global:
        return ""
    prefix = _IPV4_NETWORK if peer.version == 4 else _IPV6_NETWORK  # noqa: PLR2004
    return str(ipaddress.ip_network(f"{peer}/{prefix}", strict=False))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _said(status: int, text: str, wait: int | None = None) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if wait is not None:
        headers["retry-after"] = str(wait)
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
