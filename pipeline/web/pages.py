"""People's pages, in German or English."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline import __version__
from pipeline.publish.pages import page_environment
from pipeline.web.conditional import preferred_language
from pipeline.web.feeds import HSTS
from pipeline.web.site import WebSite
from pipeline.web.words import WORDS

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class Pages:
    """Renders templates of ``templates/web`` into pages whose address is a secret of one person.

    Nobody keeps such a page, lists it, frames it or learns its address as a referrer, and nothing in it runs.
    """

    def __init__(self, templates: Sequence[Path], site: WebSite) -> None:
        """``templates`` are directories that have ``web``; the first one that has a template counts."""
        self._site = site
        self._environment = page_environment(*templates)

    def language(self, request: Request, wanted: str | None = None) -> str:
        """The page's language: the person's own, else the browser's, else the site's, else English."""
        asked = preferred_language(request.headers.get("accept-language", ""), tuple(WORDS))
        candidates = (wanted, asked, self._site.language)
        known = ((tag or "").lower().partition("-")[0] for tag in candidates)
        return next((language for language in known if language in WORDS), "en")

    def page(self, template: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        """The page.  ``values`` are what the template needs beside its base."""
        body = self._environment.get_template(template).render(
            site=self._site,
            language=language,
            direction="ltr",
            words=WORDS[language],
            words_language=language,
            generator=f"Rundbrief {__version__}",
            **values,
        )
        headers = {
            "content-security-policy": _policy(body),
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, nofollow",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "content-language": language,
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
