"""People's pages, in their language as far as there is a catalogue for it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.catalogues import Tone, Words, languages
from pipeline.publish.pages import page_context, page_environment
from pipeline.web.conditional import preferred_language
from pipeline.web.feeds import HSTS
from pipeline.web.site import WebSite

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class Pages:
    """Renders templates of ``templates/web`` into pages whose address is a secret of one person.

    Nobody keeps such a page, lists it, frames it or learns its address as a referrer, and nothing in it runs.
    """

    def __init__(self, templates: Sequence[Path], site: WebSite, tone: Tone = "formal") -> None:
        """``templates`` are directories that have ``web`` and ``locale``; the first one that has a file counts."""
        self._site = site
        self._environment = page_environment(*templates, tone=tone)
        spoken = languages([directory / "locale" for directory in templates])
        # Of several for one language, such as pt and pt-BR, the general one.
        self._spoken = {tag.partition("-")[0]: tag for tag in sorted(spoken, key=len, reverse=True)}

    def words(self, request: Request, wanted: str | None = None) -> Words:
        """The words for a page: in the person's own language, else the browser's, else the site's, else in English."""
        asked = preferred_language(request.headers.get("accept-language", ""), tuple(self._spoken))
        candidates = (wanted, asked and self._spoken[asked], self._site.language)
        catalogues = self._environment.catalogues
        return catalogues.words(next((tag for tag in candidates if tag and catalogues.speaks(tag)), "en"))

    def page(self, template: str, words: Words, status: int = 200, **values: object) -> HTMLResponse:
        """The page.  ``values`` are what the template needs beside its base."""
        context = page_context(self._environment, self._site, words.language)
        body = self._environment.get_template(template).render(context, **values)
        headers = {
            "content-security-policy": _policy(body),
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, nofollow",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "content-language": words.language,
        }
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        return HTMLResponse(body, status_code=status, headers=headers)


def _policy(body: str) -> str:
    """The Content-Security-Policy that lets in the page's own style elements and nothing else.

    They come from our templates: values are escaped, so none of them can open another.
    """
    digests = (b64encode(sha256(style.encode()).digest()).decode() for style in _STYLE.findall(body))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src {styles}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
