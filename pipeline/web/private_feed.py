"""Private feeds over HTTP: each for who has its address, kept by nobody on the way."""

from __future__ import annotations

from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.audience.preferences import Preferences
from pipeline.domain.audience import Subscription
from pipeline.web.conditional import matching_tag
from pipeline.web.feeds import HSTS
from pipeline.web.site import WebSite

_MAX_AGE = 900


class FeedMaker(Protocol):
    """Makes the documents of a subscription's feed; ``url`` is the feed's address without the document's name."""

    def media_type(self, filename: str) -> str | None: ...

    def version(self, one: Subscription, url: str, filename: str) -> str: ...

    def document(self, one: Subscription, url: str, filename: str) -> bytes: ...


class PrivateFeedPages:
    """GET and HEAD.  A feed that was ended is gone (410), so that readers stop asking."""

    def __init__(self, site: WebSite, preferences: Preferences, maker: FeedMaker) -> None:
        self._site = site
        self._preferences = preferences
        self._maker = maker

    def answer(self, request: Request) -> Response:
        token, filename = request.path_params["token"], request.path_params["document"]
        media_type = self._maker.media_type(filename)
        if media_type is None:
            raise HTTPException(404)
        found = self._preferences.of_feed(token)
        if found is None:
            raise HTTPException(410 if self._preferences.is_feed(token) else 404)
        url = f"{self._site.url}/private/{token}"
        headers = {
            "cache-control": f"private, max-age={_MAX_AGE}",
            "etag": f'"{self._maker.version(found, url, filename)}"',
            "x-robots-tag": "noindex, nofollow",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": "default-src 'none'; sandbox",
        }
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        if matching_tag(request.headers.get("if-none-match", ""), (headers["etag"],)):
            return Response(status_code=304, headers=headers)
        return Response(self._maker.document(found, url, filename), headers=headers, media_type=media_type)
