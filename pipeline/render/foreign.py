"""An article's HTML as mail clients take it.

It was sanitised when it was collected; here goes what no client shows (players, sets of pictures, folding), names
that our style sheet uses, and what would break the layout: pictures get an integer width (Outlook knows no other
way to bound them), tables get a box that scrolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from pipeline.domain.pictures import PictureCopy, chosen_address, counts_readers

DENSITY = 2
"""How many pixels a picture has for each that it is shown in: screens are finer than they say."""

_DROPPED_ATTRIBUTES = ("class", "id", "style", "srcset", "sizes", "loading", "decoding")
# The sanitiser has dropped these; were one left, cssutils would fetch what it imports.
_NEVER_IN_MAIL = ("style", "script", "link", "meta", "base")
_PLAYERS = ("audio", "video")
_LOWEST_HEADING = 6


def mail_html(html: str, *, width: int, level: int, copies: Sequence[PictureCopy] = (), copies_url: str = "") -> str:
    """The article's HTML for a column of ``width`` pixels, below a headline of that ``level`` (1 to 6).

    Of the pictures in ``copies`` our own files are shown, which are at ``copies_url``.
    """
    if not html.strip():
        return ""
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    for player in list(root.iter(*_PLAYERS)):
        _player_to_link(player)
    _choose_pictures(root)
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
    by_address = {copy.url: copy for copy in copies}
    for picture in root.iter("img"):
        _bound_picture(picture, width, by_address.get(picture.get("src", "")), copies_url)
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


def _choose_pictures(root: HtmlElement) -> None:
    for picture in list(root.iter("img")):
        if address := chosen_address(picture.get("src"), picture.get("srcset")):
            picture.set("src", address)
        if counts_readers(picture.get("src", ""), picture.get("width"), picture.get("height")):
            picture.drop_tree()


def _shift_headings(root: HtmlElement, level: int) -> None:
    """The article's outline below its headline: its highest heading comes next to it, and no level is left out."""
    above: list[int] = []
    for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        own = int(heading.tag[1])
        while above and above[-1] >= own:
            above.pop()
        above.append(own)
        heading.tag = f"h{min(level + len(above), _LOWEST_HEADING)}"


def _bound_picture(picture: HtmlElement, width: int, copy: PictureCopy | None, copies_url: str) -> None:
    picture.set("alt", picture.get("alt") or "")
    own, height = (_pixels(picture.attrib.pop(side, None)) for side in ("width", "height"))
    if copy:
        own = own or copy.width
        height = copy.height_at(own)
    shown = min(own or width, width)
    picture.set("width", str(shown))
    if own and height:
        picture.set("height", str(max(1, round(height * min(1, width / own)))))
    picture.set("border", "0")
    if copy:
        picture.set("src", f"{copies_url}/{copy.at_least(DENSITY * shown).name}")


def _pixels(value: str | None) -> int | None:
    return (int(value) or None) if value and value.isdecimal() and value.isascii() else None


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
