"""An article's HTML as mail clients take it.

It was sanitised when it was collected; here goes what no client shows (players, sets of pictures, folding), names
that our style sheet uses, and what would break the layout: pictures get an integer width (Outlook knows no other
way to bound them), tables get a box that scrolls.
"""

from __future__ import annotations

import re
from copy import deepcopy
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

_DROPPED_ATTRIBUTES = ("class", "id", "style", "srcset", "sizes", "loading", "decoding")
# The sanitiser has dropped these; were one left, cssutils would fetch what it imports.
_NEVER_IN_MAIL = ("style", "script", "link", "meta", "base")
_PLAYERS = ("audio", "video")
_LOWEST_HEADING = 6
# Pictures that only count readers, for the source and for others: they have no business in our mail.
_COUNTERS = re.compile(
    r"https?://(?:[^/]+\.)?(?:pixel\.wp\.com|stats\.wordpress\.com/b\.gif|feeds\.feedburner\.com/~r/|feedsportal\.com|"
    r"doubleclick\.net|google-analytics\.com|facebook\.com/tr\b|vgwort\.de|counter\.theconversation\.(?:com|edu\.au)|"
    r"follow\.it/track|scorecardresearch\.com|quantserve\.com|ivwbox\.de|wt-[a-z]+\.net)"
    r"|https?://[^?]*/(?:matomo|piwik)\.php\b",
    re.IGNORECASE,
)
_TINY = 2


def mail_html(html: str, *, width: int, level: int) -> str:
    """The article's HTML for a column of ``width`` pixels, below a headline of that ``level`` (1 to 6)."""
    if not html.strip():
        return ""
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    for player in list(root.iter(*_PLAYERS)):
        _player_to_link(player)
    for picture in list(root.iter("img")):
        _choose_source(picture)
        if _counts_readers(picture):
            picture.drop_tree()
    # libxml2 doesn't know that some elements are void, and puts what follows into them: their content stays.
    etree.strip_tags(root, "picture", "details", "source", "track", "wbr")
    etree.strip_elements(root, *_NEVER_IN_MAIL, with_tail=False)
    for element in root.iter(etree.Element):
        for name in _DROPPED_ATTRIBUTES:
            element.attrib.pop(name, None)
    for summary in list(root.iter("summary")):
        summary.tag = "strong"
        paragraph = lxml_html.Element("p")
        summary.addprevious(paragraph)
        paragraph.append(summary)
    _shift_headings(root, level)
    for picture in root.iter("img"):
        _bound_picture(picture, width)
    for table in [table for table in root.iter("table") if next(table.iterancestors("table"), None) is None]:
        _box(table)
    return _inner(root)


def _player_to_link(player: HtmlElement) -> None:
    """A player can't play in mail: the picture that it shows, and where it plays."""
    sources = (player, *player.iter("source"))
    address = next((source.get("src") for source in sources if source.get("src")), None)
    paragraph = lxml_html.Element("p")
    paragraph.tail = player.tail
    poster = player.get("poster")
    if poster:
        paragraph.append(lxml_html.Element("img", src=poster, alt=""))
        paragraph[-1].tail = " "
    if address:
        link = lxml_html.Element("a", href=address)
        link.text = f"▶ {urlsplit(address).path.rpartition('/')[2] or urlsplit(address).netloc}"
        paragraph.append(link)
    parent = player.getparent()
    if parent is not None:
        parent.replace(player, paragraph)


def _choose_source(picture: HtmlElement) -> None:
    """Mail clients know no sets: a picture that has nothing else takes the first of its set."""
    candidates = picture.get("srcset", "").split()
    if not picture.get("src") and candidates:
        picture.set("src", candidates[0].rstrip(","))


def _counts_readers(picture: HtmlElement) -> bool:
    """Whether it is there to be loaded and not to be seen."""
    sides = [side for name in ("width", "height") if (side := _number(picture.get(name))) is not None]
    return bool(_COUNTERS.match(picture.get("src", ""))) or (bool(sides) and max(sides) <= _TINY)


def _shift_headings(root: HtmlElement, level: int) -> None:
    """The article's outline below its headline: its highest heading comes next to it, and no level is left out."""
    above: list[int] = []
    for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        own = int(heading.tag[1])
        while above and above[-1] >= own:
            above.pop()
        above.append(own)
        heading.tag = f"h{min(level + len(above), _LOWEST_HEADING)}"


def _bound_picture(picture: HtmlElement, width: int) -> None:
    picture.set("alt", picture.get("alt") or "")
    own, height = (_pixels(picture.attrib.pop(side, None)) for side in ("width", "height"))
    picture.set("width", str(min(own or width, width)))
    if own and height:
        picture.set("height", str(max(1, round(height * min(1, width / own)))))
    picture.set("border", "0")


def _pixels(value: str | None) -> int | None:
    return _number(value) or None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and value.isascii() else None


def _box(table: HtmlElement) -> None:
    for side in ("width", "height"):
        table.attrib.pop(side, None)
    parent = table.getparent()
    if parent is None:
        return
    box = lxml_html.Element("div", {"class": "wide", "tabindex": "0"})
    box.tail, copy = table.tail, deepcopy(table)
    copy.tail = None
    box.append(copy)
    parent.replace(table, box)


def _inner(root: HtmlElement) -> str:
    text = lxml_html.Element("div")
    text.text = root.text
    opening = lxml_html.tostring(text, encoding="unicode")[len("<div>") : -len("</div>")]
    return f"{opening}{''.join(lxml_html.tostring(child, encoding='unicode') for child in root)}"
