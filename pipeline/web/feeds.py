"""The feeds over HTTP, as readers poll them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from pipeline.publish.archive import is_archived
from pipeline.publish.gone import read_gone
from pipeline.web.document import Document
from pipeline.web.documents import is_directory
from pipeline.web.memory import DocumentMemory
from pipeline.web.polls import asked
from pipeline.web.site import WebSite

# Articles are foreign text: their pages may show pictures and media from anywhere, and run nothing.
_PAGE_POLICY = (
    "default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAX_AGE = 300
_METHODS = "GET, HEAD, OPTIONS"

HSTS = "max-age=31536000"


class FeedDocuments:
    """An ASGI app for everything below ``/feeds/``: GET and HEAD, 304, br and gzip, CORS.

    The answers come from memory; each costs one ``stat``, by which a file that was replaced is noticed.  A Range or
    an A-IM (RFC 3229) is not honoured: either may be answered with the whole document.
    """

    def __init__(self, directory: Path, site: WebSite) -> None:
        self._directory = directory
        self._site = site
        self._memory = DocumentMemory(directory, self._describe)
        self._moved = {redirect.source.removeprefix("/feeds/") for redirect in site.redirects}

    def fresh(self, name: str) -> Document | None:
        """What a poll may be answered with past the app, where what has moved comes before what is there."""
        return None if name in self._moved else self._memory.fresh(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await _options(scope)(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": _METHODS})
        poll = asked(scope["path_params"]["path"], scope["method"], scope["headers"])
        if poll.name is None:
            raise HTTPException(404)
        document = self._memory.fresh(poll.name) or await run_in_threadpool(self._memory.read, poll.name)
        if document is not None:
            answer = document.answer(poll)
            await send({"type": "http.response.start", "status": answer.head.status, "headers": answer.head.headers})
            await send({"type": "http.response.body", "body": answer.body})
        elif not poll.path.endswith("/") and await run_in_threadpool(is_directory, self._directory, poll.name):
            # Relative, so that it holds behind a proxy that serves us below a path of its own.
            target = quote(poll.name.rpartition("/")[2]) + "/"
            await RedirectResponse(target, status_code=301)(scope, receive, send)
        else:
            gone = await run_in_threadpool(read_gone, self._directory)
            raise HTTPException(404 if gone.isdisjoint((poll.name, f"{poll.name}/index.html")) else 410)

    def _describe(self, name: str, media_type: str, *, is_feed: bool) -> dict[str, str]:
        headers = {
            "cache-control": f"max-age={_MAX_AGE}",
            "vary": "Accept-Encoding",
            "x-content-type-options": "nosniff",
        }
        if is_feed:
            headers["access-control-allow-origin"] = "*"
            headers["access-control-expose-headers"] = "ETag, Link"
            # WebSub discovery (W3C WebSub, section 4).
            headers["link"] = f'<{self._site.feeds_url}/{quote(name)}>; rel="self"'
            # Of an archive no hub tells anything: its documents are for those who come late.
            if self._site.hub and not is_archived(name):
                headers["link"] += f', <{self._site.hub}>; rel="hub"'
        elif media_type.startswith("text/html"):
            headers["content-security-policy"] = _PAGE_POLICY
            headers["referrer-policy"] = "strict-origin-when-cross-origin"
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        return headers


def _options(scope: Scope) -> Response:
    """What may be done; to a script of another site, what it may do (the Fetch standard's CORS preflight)."""
    headers = {"allow": _METHODS}
    if "access-control-request-method" in Headers(scope=scope):
        headers |= {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": _METHODS,
            # Conditional requests are not "simple" ones; nothing is said that needs a secret kept.
            "access-control-allow-headers": "*",
            "access-control-max-age": "86400",
        }
    return Response(status_code=204, headers=headers)
