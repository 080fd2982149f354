"""An article's HTML as it is shown: with its lead picture, in its direction of writing."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from html.parser import HTMLParser
from typing import Literal

from pipeline.domain.article import Content, Picture

# Scripts written from right to left (ISO 15924), and the languages that are, unless their tag names another script.
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
_RIGHT_TO_LEFT_LANGUAGES = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ks", "mzn", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
_SCRIPT_SUBTAG_LENGTH = 4
# WordPress and its like name the sizes of one picture so: photo-300x200.jpg, photo-1024x683.jpg.
_SIZE_SUFFIX = re.compile(r"-\d{2,4}x\d{2,4}(?=\.[A-Za-z]{3,4}$)")


def text_direction(language: str | None) -> Literal["ltr", "rtl", "auto"]:
    """The ``dir`` of text in a language (a BCP 47 tag); "auto", by its first letter, where none is known."""
    if not language:
        return "auto"
    primary, *subtags = language.lower().replace("_", "-").split("-")
    for subtag in subtags:
        if len(subtag) == _SCRIPT_SUBTAG_LENGTH and subtag.isalpha():
            return "rtl" if subtag in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if primary in _RIGHT_TO_LEFT_LANGUAGES else "ltr"


def content_direction(content: Content) -> Literal["ltr", "rtl"]:
    """The ``dir`` of an article: by its language, else by which way most letters of its title and teaser run."""
    if content.language:
        return "rtl" if text_direction(content.language) == "rtl" else "ltr"
    ways = [unicodedata.bidirectional(letter) for letter in content.title + content.teaser]
    return "rtl" if sum(way in ("R", "AL") for way in ways) > ways.count("L") else "ltr"


def article_html(content: Content) -> str:
    """The article's HTML with its lead picture on top.

    A picture that the HTML shows already, in whatever size, is not shown twice.  A picture of which only the
    description is known stands as a caption, so that it is kept and not taken for the article's beginning.
    """
    figure = _figure(content.picture) if content.picture else ""
    if not figure or (content.picture and _shows(content.html, content.picture)):
        return content.html
    return f"{figure}\n{content.html}" if content.html else figure


def _figure(picture: Picture) -> str:
    description = " ".join(picture.alt.split())
    if picture.url is None:
        return f"<figure><figcaption>{escape(description)}</figcaption></figure>" if description else ""
    if not picture.url.lower().startswith(("https://", "http://")):
        return ""
    size = "".join(
        f' {name}="{pixels}"' for name, pixels in (("width", picture.width), ("height", picture.height)) if pixels
    )
    return f'<figure><img src="{escape(picture.url)}" alt="{escape(description)}"{size}></figure>'


def _shows(html: str, picture: Picture) -> bool:
    if picture.url is None:
        return False
    wanted = _identity(picture.url)
    # Most articles are done here, without being parsed.
    beginning = wanted.rpartition(".")[0] or wanted
    if beginning not in html and escape(beginning) not in html:
        return False
    finder = _PictureFinder()
    finder.feed(html)
    finder.close()
    return wanted in finder.found


def _identity(url: str) -> str:
    return _SIZE_SUFFIX.sub("", url.strip().partition(":")[2])


class _PictureFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.update(_identity(value) for name, value in attrs if name == "src" and value)
