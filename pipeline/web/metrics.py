"""`/metrics`: for those who have the token, or are on this machine."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class MetricsEndpoint:
    """``text`` works the metrics out, in a thread.  Without a token and ``loopback`` nobody gets them."""

    text: Callable[[], bytes]
    token: str | None = None
    loopback: bool = False

    def answer(self, request: Request) -> Response:
        if not (self._has_token(request) or (self.loopback and _is_here(request))):
            return PlainTextResponse("Not found.\n", status_code=404, headers={"cache-control": "no-store"})
        return Response(self.text(), media_type=_TYPE, headers={"cache-control": "no-store"})

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if not self.token or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self.token.encode())


def _is_here(request: Request) -> bool:
    """Whether a program on this machine asks for itself; not a proxy on it that passes somebody on."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
