"""The pictures that an article shows in mail, and our own copies of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice

from pipeline.domain.article import Content
from pipeline.domain.markup import article_html

# Pictures that only count readers, for the source and for others: they have no business in our mail.
_COUNTERS = re.compile(
    r"https?://(?:[^/]+\.)?(?:pixel\.wp\.com|stats\.wordpress\.com/b\.gif|feeds\.feedburner\.com/~r/|feedsportal\.com|"
    r"doubleclick\.net|google-analytics\.com|facebook\.com/tr\b|vgwort\.de|counter\.theconversation\.(?:com|edu\.au)|"
    r"follow\.it/track|scorecardresearch\.com|quantserve\.com|ivwbox\.de|wt-[a-z]+\.net)"
    r"|https?://[^?]*/(?:matomo|piwik)\.php\b",
    re.IGNORECASE,
)
_TINY = 2
_LONGEST_ADDRESS = 2_000
_MOST_PICTURES = 100


@dataclass(frozen=True, slots=True)
class Size:
    """One file of a copy: pixels, and its name with slashes below the directory of pictures."""

    width: int
    height: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCopy:
    """Our copy of the picture at ``url``, which is ``width`` × ``height`` pixels there.

    ``sizes`` are one or more, the narrowest first.
    """

    url: str
    width: int
    height: int
    sizes: tuple[Size, ...]

    def at_least(self, width: int) -> Size:
        """The narrowest that has as many pixels, or the widest there is."""
        return next((size for size in self.sizes if size.width >= width), self.sizes[-1])

    def height_at(self, width: int) -> int:
        """The height at which the whole picture is as wide as that."""
        return max(1, round(self.height * width / self.width))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to be copied, which was tried ``tries`` times before."""

    id: int
    url: str
    tries: int = 0


def counts_readers(url: str, width: str | None, height: str | None) -> bool:
    """Whether a picture with these attributes is there to be loaded and not to be seen."""
    sides = [int(side) for side in (width, height) if side and side.isdecimal() and side.isascii()]
    return bool(_COUNTERS.match(url)) or (bool(sides) and max(sides) <= _TINY)


def chosen_address(src: str | None, srcset: str | None) -> str:
    """Mail clients know no sets: a picture that has nothing else takes the first of its set; "" for none at all."""
    return src or next(iter((srcset or "").split()), "").rstrip(",")


def shown_pictures(content: Content) -> tuple[str, ...]:
    """The web addresses of the pictures that mail shows when it carries the article whole, each once; 100 at most."""
    html = article_html(content)
    if not any(tag in html for tag in ("<img", "<video", "<audio")):
        return ()
    finder = _Finder()
    finder.feed(html)
    finder.close()
    on_the_web = (url for url in dict.fromkeys(finder.found) if url.lower().startswith(("https://", "http://")))
    return tuple(islice((url for url in on_the_web if len(url) <= _LONGEST_ADDRESS), _MOST_PICTURES))


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            url = chosen_address(given.get("src"), given.get("srcset"))
            if url and not counts_readers(url, given.get("width"), given.get("height")):
                self.found.append(url)
        elif tag in ("video", "audio") and given.get("poster"):
            self.found.append(given["poster"] or "")
