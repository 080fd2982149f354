"""Addresses that have moved for good, or are gone (RFC 9110, sections 15.4.2 and 15.5.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Redirect:
    """``source`` is a path of this site, with its query if it matters; one that ends with a slash has all below it.

    ``target`` is a path of this site or another's address; None: it is gone.
    """

    source: str
    target: str | None


class Redirects:
    """ASGI middleware that answers for what is not here any more; the most exact of the redirects counts."""

    def __init__(self, app: ASGIApp, redirects: Sequence[Redirect], site_url: str) -> None:
        self._app = app
        self._exact = {redirect.source: redirect for redirect in redirects}
        self._prefixes = sorted((source for source in self._exact if source.endswith("/")), key=len, reverse=True)
        # Where the site lives below a path of its host, paths of the site begin there.
        self._base = urlsplit(site_url).path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            answer = self._answer(scope["path"], scope["query_string"].decode("latin-1"))
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, path: str, query: str) -> Response | None:
        found = (query and self._exact.get(f"{path}?{query}")) or self._exact.get(path)
        rest = ""
        if not found:
            prefix = next((prefix for prefix in self._prefixes if path.startswith(prefix)), None)
            if prefix is None:
                return None
            found, rest = self._exact[prefix], path.removeprefix(prefix)
        if found.target is None:
            return PlainTextResponse("This is gone for good.\n", status_code=410)
        # Without slashes at its beginning: behind "/", the next one would begin with another host.
        target = found.target + quote(rest.lstrip("/")) if found.target.endswith("/") else found.target
        if target.startswith("/"):
            target = self._base + target
        return RedirectResponse(target, status_code=301, headers={"cache-control": "max-age=86400"})
