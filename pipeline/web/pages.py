"""People's pages, in their language as far as there is a catalogue for it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.catalogues import Tone, Words, languages, locale_of
from pipeline.publish.pages import page_context, page_environment
from pipeline.web.conditional import preferred_language
from pipeline.web.feeds import HSTS
from pipeline.web.site import WebSite

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a page may be treated.  ``script`` lets it run a script of ours, ``max_age`` lets it be kept for seconds."""

    listed: bool = False
    script: bool = False
    max_age: int | None = None


SECRET = Manner()
"""A page whose address is a secret of one person: nobody keeps it or lists it, and nothing in it runs."""


class Pages:
    """Renders templates of ``templates/web``.  Nobody frames a page of ours, or learns its address as a referrer."""

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

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages that there are words in, each as it calls itself."""
        names = {tag: locale_of(tag).get_display_name(tag.replace("-", "_")) or tag for tag in self._spoken.values()}
        return {tag: name[:1].upper() + name[1:] for tag, name in sorted(names.items(), key=lambda one: one[1])}

    def page(
        self, template: str, words: Words, status: int = 200, manner: Manner = SECRET, **values: object
    ) -> HTMLResponse:
        """The page.  ``values`` are what the template needs beside its base."""
        context = page_context(self._environment, self._site, words.language)
        body = self._environment.get_template(template).render(context, **values)
        headers = {
            "content-security-policy": _policy(body, manner),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store" if manner.max_age is None else f"max-age={manner.max_age}",
            "content-language": words.language,
            "vary": "Accept-Language",
        }
        if not manner.listed:
            headers["x-robots-tag"] = "noindex, nofollow"
        if self._site.secure:
            headers["strict-transport-security"] = HSTS
        return HTMLResponse(body, status_code=status, headers=headers)


def _policy(body: str, manner: Manner) -> str:
    """The Content-Security-Policy that lets in the page's own style elements, our script where it has one, no more.

    They come from our templates: values are escaped, so none of them can open another.
    """
    digests = (b64encode(sha256(style.encode()).digest()).decode() for style in _STYLE.findall(body))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    script = "script-src 'self'; " if manner.script else ""
    rest = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; {script}style-src {styles}; {rest}"
