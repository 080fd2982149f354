"""What preflight finds in the HTML part: links, pictures, markup, what clients drop, and what can't be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from pipeline.domain.colour import READABLE, contrast
from pipeline.render.client_rules import Rule, dropped_element, dropped_picture, dropped_styles
from pipeline.render.findings import Finding
from pipeline.render.link_texts import misleading

STYLE_BLOCK = 8192
"""Characters: Gmail drops a style element that is longer."""

_ABSOLUTE = re.compile(r"(?:https?://[^/\s]+|mailto:[^\s@]+@\S+|tel:[+\d]|__SUBST_[a-z0-9_]+__$)", re.IGNORECASE)
_BODYLESS = frozenset({"head", "title", "style", "meta", "script"})
_MISMATCH = "ERR_TAG_NAME_MISMATCH"
_COLOUR = re.compile(r"(?:^|;)\s*(color|background-color)\s*:\s*([^;!]+)")
_WHITE, _BLACK = "#ffffff", "#000000"
_EXCERPT = 60


def page_findings(html: str) -> Iterator[Finding]:
    """Everything in the order of the page.  Raises nothing: a page that can't be parsed is a finding."""
    parser = lxml_html.HTMLParser()
    try:
        root = lxml_html.document_fromstring(html, parser=parser)
    except (etree.ParserError, ValueError) as error:
        yield Finding(code="html-broken", place="HTML", what=f"It can't be parsed: {error}.")
        return
    for entry in parser.error_log:
        if entry.type_name == _MISMATCH:
            what = f"The tags don't fit each other: {entry.message.strip()}."
            yield Finding(code="html-broken", place=f"HTML, line {entry.line}", what=what, mend="Close what is open.")
    yield from _element(root, _BLACK, _WHITE)


def _element(root: HtmlElement, ink: str, ground: str) -> Iterator[Finding]:
    """A walk with a stack: articles may be nested deeper than Python lets functions be."""
    stack = [(root, ink, ground)]
    while stack:
        element, ink, ground = stack.pop()
        if not isinstance(element.tag, str):
            continue
        style = element.get("style") or ""
        own = _colours(style)
        ink, ground = own.get("color", ink), own.get("background-color", ground)
        yield from _shown(element, style)
        if element.tag in _BODYLESS or "display:none" in style:
            stack.extend((child, ink, ground) for child in element if element.tag == "head")
            continue
        if ink != ground and _says_something(element) and (ratio := _contrast(ink, ground)) < READABLE:
            what = f"{ink} on {ground} has a contrast of {ratio:.1f}: it needs {READABLE} to be read."
            yield Finding(code="contrast", place=_place(element), what=what)
        stack.extend((child, ink, ground) for child in reversed(element))


def _shown(element: HtmlElement, style: str) -> Iterator[Finding]:
    """What clients make of an element by itself."""
    for rule in dropped_styles(style):
        yield _dropped(rule, _place(element))
    if rule_of_element := dropped_element(element.tag):
        yield _dropped(rule_of_element, _place(element))
    match element.tag:
        case "a":
            yield from _link(element)
        case "img":
            yield from _picture(element)
        case "style" if (length := len(element.text or "")) > STYLE_BLOCK:
            what = f"A style element of {length} characters: Gmail drops what is longer than {STYLE_BLOCK}."
            yield Finding(code="style-block", place="HTML, <style>", what=what, mend="Divide it into several.")


def _says_something(element: HtmlElement) -> bool:
    return bool(element.text and element.text.strip()) or any(
        child.tail and child.tail.strip() for child in element.iterchildren()
    )


def _link(element: HtmlElement) -> Iterator[Finding]:
    address = element.get("href")
    if address is None:
        return
    if not address.startswith("#") and not _ABSOLUTE.match(address):
        what = f"The link leads nowhere: “{address[:_EXCERPT]}”."
        yield Finding(
            code="link-address", place=_place(element), what=what, mend="Write a whole address, with https://."
        )
    named = element.get("aria-label") or "".join(element.itertext()).strip()
    if not named and not any((picture.get("alt") or "").strip() for picture in element.iter("img")):
        what = f"A link without a text: {address[:_EXCERPT]}"
        mend = "Give it a text, or its picture a description (alt)."
        yield Finding(code="link-unnamed", place=_place(element), what=what, mend=mend)
    if sites := misleading("".join(element.itertext()), address):
        said, led = sites
        what = f"The text of the link names {said}, but it leads to {led}: filters and readers take that for fraud."
        mend = f"Name {led} in the text, or write words instead of an address."
        yield Finding(code="link-text", place=_place(element), what=what, mend=mend)


def _picture(element: HtmlElement) -> Iterator[Finding]:
    address = (element.get("src") or "").strip()
    lower = address.lower()
    place = _place(element)
    if not lower.startswith(("https://", "http://", "cid:")):
        what = f"The picture has no address that a mail client could load: “{address[:_EXCERPT]}”."
        yield Finding(code="picture-address", place=place, what=what, mend="Write a whole address, with https://.")
    elif lower.startswith("http://"):
        what = f"The picture is loaded unencrypted, which many clients refuse: {address[:_EXCERPT]}"
        yield Finding(code="picture-insecure", place=place, what=what, mend="Offer it with https.")
    if element.get("alt") is None:
        what = f"The picture has no description (alt): {address[:_EXCERPT]}"
        yield Finding(code="alt-missing", place=place, what=what, mend='Describe it, or write alt="" for decoration.')
    if rule := dropped_picture(address):
        yield _dropped(rule, place)


def _dropped(rule: Rule, place: str) -> Finding:
    return Finding(code="client", place=place, what=f"{rule.what} is not shown by {rule.clients} ({rule.evidence}).")


def _place(element: HtmlElement) -> str:
    """Where it is: the tag, its class, and the beginning of what it says."""
    kind = (element.get("class") or "").split()
    text = " ".join("".join(element.itertext()).split())[:_EXCERPT]
    return f"HTML, <{element.tag}{' class=' + kind[0] if kind else ''}>{' “' + text + '”' if text else ''}"


@lru_cache(maxsize=4096)
def _colours(style: str) -> dict[str, str]:
    return {
        name: f"#{value}" for name, text in _COLOUR.findall(style) if (value := _hex(text.strip().lower())) is not None
    }


def _hex(text: str) -> str | None:
    """Six digits of a colour; None for one that is written in another way."""
    match = re.fullmatch(r"#([0-9a-f]{6})|#([0-9a-f])([0-9a-f])([0-9a-f])", text)
    if not match:
        return {"white": "ffffff", "black": "000000"}.get(text)
    return match[1] or "".join(digit * 2 for digit in match.groups()[1:])


_contrast = lru_cache(maxsize=1024)(contrast)
