"""Style sheets into style attributes, by premailer: once per part and per layout, however many variants carry it.

For that a part's styles must not depend on what stands around it: a selector of `style.css` names classes of either
the layout or the part, never one of both, and no position among siblings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from premailer import Premailer

from pipeline.errors import RenderError

# cssutils, which premailer parses with, keeps state of the whole process.
_LOCK = Lock()
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
_READ_BLOCK = re.compile(r"""<style(?![^>]*data-premailer="ignore")[^>]*>(.*?)</style""", re.DOTALL | re.IGNORECASE)
# Attributes that premailer would derive from styles: templates set those that Outlook needs, and only there.
_DERIVED = ["align", "bgcolor", "height", "valign", "width"]
_KEPT = 1024


@contextmanager
def _style_errors() -> Iterator[None]:
    """What premailer and its parsers raise, of many kinds, for a sheet that they can't read."""
    try:
        yield
    except Exception as error:
        raise RenderError(f"The styles can't be inlined: {error}.", where="style.css") from error


def _refuse_imports(css: str, where: str) -> None:
    """What a sheet imports is fetched by cssutils, whatever premailer is told about the network."""
    if "@import" in css.lower():
        raise RenderError(
            "Styles for mail can't import others.", where=where, mend="Write them into style.css or media.css."
        )


class Inliner:
    """Inlines one style sheet.  What was inlined before is remembered by its content."""

    def __init__(self, css: str) -> None:
        _refuse_imports(css, "style.css")
        self._css = css
        self.document = lru_cache(maxsize=_KEPT)(self._document)
        self.part = lru_cache(maxsize=_KEPT)(self._part)

    def _document(self, html: str) -> str:
        """A whole document, its doctype included.  Style blocks marked ``data-premailer="ignore"`` stay as they are."""
        for block in _READ_BLOCK.findall(html):
            _refuse_imports(block, "a style element")
        with _LOCK, _style_errors():
            inlined: str = Premailer(
                html,
                css_text=self._css,
                allow_network=False,
                disable_link_rewrites=True,
                disable_basic_attributes=_DERIVED,
                disable_validation=True,
                disable_leftover_css=True,
                include_star_selectors=True,
                strip_important=False,
                align_floating_images=False,
                cssutils_logging_level=logging.CRITICAL,
                method="html",
            ).transform(pretty_print=False)
        return inlined

    def _part(self, html: str) -> str:
        """Block elements as they stand in a body."""
        document = self._document(f"<html><head></head><body>{html}</body></html>")
        found = _BODY.search(document)
        return found[1] if found else ""
