"""The feeds over HTTP, as readers poll them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from pipeline.web.conditional import accepts_gzip, matching_tag, unmodified
from pipeline.web.documents import Document, DocumentMemory, is_directory, raw_headers
from pipeline.web.site import WebSite

# Articles are foreign text: their pages may show pictures and media from anywhere, and run nothing.
_PAGE_POLICY = (
    "default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAX_AGE = 300


HSTS = "max-age=31536000"
_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since")


class FeedDocuments:
    """An ASGI app for everything below ``/feeds/``: GET and HEAD, 304, gzip.

    The answers come from memory; each costs one ``stat``, by which a file that was replaced is noticed.  Polls are
    most of what a feed server does, so they go out as raw ASGI messages.
    """

    def __init__(self, directory: Path, site: WebSite) -> None:
        self._directory = directory
        self._site = site
        self._memory = DocumentMemory(directory, self._describe)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        path: str = scope["path_params"]["path"]
        name = document_name(path)
        if name is None:
            raise HTTPException(404)
        document = self._memory.fresh(name) or await run_in_threadpool(self._memory.read, name)
        if document is not None:
            await _answer(document, scope, send)
        elif not path.endswith("/") and await run_in_threadpool(is_directory, self._directory, name):
            # Relative, so that it holds behind a proxy that serves us below a path of its own.
            target = quote(name.rpartition("/")[2]) + "/"
            await RedirectResponse(target, status_code=301)(scope, receive, send)
        else:
            raise HTTPException(404)

    def _describe(self, name: str, media_type: str, *, is_feed: bool) -> dict[str, str]:
        headers = {
            "cache-control": f"max-age={_MAX_AGE}",
            "vary": "Accept-Encoding",
            "x-content-type-options": "nosniff",
        }
        if is_feed:
            headers["access-control-allow-origin"] = "*"
            # WebSub discovery (W3C WebSub, section 4).
            headers["link"] = f'<{self._site.url}/feeds/{quote(name)}>; rel="self"'
            if self._site.hub:
                headers["link"] += f', <{self._site.hub}>; rel="hub"'
        elif media_type.startswith("text/html"):
            headers["content-security-policy"] = _PAGE_POLICY
            headers["referrer-policy"] = "strict-origin-when-cross-origin"
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        return headers


async def _answer(document: Document, scope: Scope, send: Send) -> None:
    asked: dict[bytes, str] = {}
    for header, value in scope["headers"]:
        if header in _ASKED:
            text = value.decode("latin-1")
            asked[header] = f"{asked[header]},{text}" if header in asked else text
    body, etag, form = document.body, document.etag, {"content-type": document.media_type}
    if document.packed is not None and accepts_gzip(asked.get(b"accept-encoding", "")):
        body, etag, form = document.packed, document.packed_etag, form | {"content-encoding": "gzip"}
    known = _known_tag(document, etag, asked)
    if known is not None:
        status, body, own = 304, b"", {"etag": known}
    else:
        status, own = 200, {"etag": etag, "content-length": str(len(body)), **form}
    headers = [*document.headers, *raw_headers(own)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _known_tag(document: Document, etag: str, asked: Mapping[bytes, str]) -> str | None:
    """The ETag under which the client has the document already; None if it has not.

    Either form's ETag will do, whichever form it would get now: the content is the same.
    """
    if tags := asked.get(b"if-none-match"):
        return matching_tag(tags, (etag, document.etag, document.packed_etag))
    since = asked.get(b"if-modified-since")
    if since is not None and (since == document.modified_text or unmodified(since, document.modified)):
        return etag
    return None


def document_name(path: str) -> str | None:
    """The document that a path below ``/feeds/`` names; None for one that could not be a published document.

    A path that ends with a slash names the page of that directory.  Names that begin with a dot are drafts.
    """
    name = f"{path}index.html" if not path or path.endswith("/") else path
    parts = name.split("/")
    if any(not part or part.startswith(".") or not part.isprintable() or "\\" in part for part in parts):
        return None
    return name
