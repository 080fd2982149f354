"""The article's text within a page, found by trafilatura, as HTML."""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import Any

from lxml import etree, html

from pipeline.collect.clean import clean_text

# trafilatura takes quadratic time for elements beside each other.  Up to this many that is a second; beyond, it is
# helped by taking out what only carries style; beyond all measure, the page's own markup must tell its article.
_MANY = 4_000
_TOO_MANY = 9_000

_NO_TEXT = ("script", "style", "template", "svg", "canvas", "iframe", "object", "embed", "select", "textarea", "button")
_STYLE_ONLY = ("span", "font", "center", "small", "big", "nobr")
_FURNITURE = (
    "descendant::*[self::nav or self::form or self::footer or self::aside or self::dialog or @role='navigation'"
    " or @id='comments' or @id='respond' or contains(concat(' ', @class, ' '), ' comments ')]"
)
_WHOLE = ("//main//article", "//article[not(ancestor::article)]", "//main | //*[@role='main']", "//body")

_PLAIN = {"p": "p", "quote": "blockquote", "lb": "br", "table": "table", "row": "tr", "del": "del", "body": "div"}
_HI = {"#b": "strong", "#i": "em", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_LISTS = {"ol": "ol", "dl": "dl"}


def article_body(root: html.HtmlElement, url: str) -> str:
    """The HTML of the article in the page ``root`` (see `page_tree`), not sanitised; "" where there is none.

    Headings, lists, links, emphasis, tables, code and quotes are kept, as are pictures with their captions; comments,
    navigation and what else is around it are not.  Bounded in time.
    """
    page = deepcopy(root)
    _unhide(page)
    etree.strip_elements(page, *_NO_TEXT, with_tail=False)
    if len(list(page.iter())) > _MANY:
        etree.strip_tags(page, *_STYLE_ONLY)
        # Written and read again, so that the pieces of text that are left beside each other become one.
        page = html.document_fromstring(etree.tostring(page, method="html", encoding="unicode"))
    size = len(list(page.iter()))
    if size > _TOO_MANY:
        return _marked_up(page)
    captions, sizes = _captions(page), _sizes(page)
    found = _extracted(page, url, fast=size > _MANY)
    if found is None:
        return ""
    return "".join(_converted(found, captions, sizes))


def _unhide(page: html.HtmlElement) -> None:
    """Take the picture out of a noscript where a script would put it in, unless it is there already."""
    there = {picture.get("src") for picture in page.iter("img") if picture.getparent().tag != "noscript"}
    for hidden in list(page.iter("noscript")):
        sources = [picture.get("src") for picture in hidden.iter("img")]
        if hidden.getparent() is not None and sources and not there.intersection(sources):
            hidden.drop_tag()
        else:
            hidden.drop_tree()


def _extracted(page: html.HtmlElement, url: str, *, fast: bool) -> Any:  # noqa: ANN401 - trafilatura's own tree
    import trafilatura  # noqa: PLC0415 - half a second, and only where pages are read

    # What it says of single pages is for its authors; what can't be extracted is told in our own words.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    document = trafilatura.bare_extraction(
        page,
        url=url,
        fast=fast,
        include_comments=False,
        include_tables=True,
        include_images=True,
        include_links=True,
        include_formatting=True,
        # Not with_metadata: that would have htmldate look for a date, which invents one where there is none.
        with_metadata=False,
        output_format="xml",
    )
    return getattr(document, "body", None)


def _marked_up(page: html.HtmlElement) -> str:
    """What the page itself says is its article, where trafilatura would take too long."""
    for path in _WHOLE:
        elements = page.xpath(path)
        if len(elements) == 1:
            for element in elements[0].xpath(_FURNITURE):
                element.drop_tree()
            return str(etree.tostring(elements[0], method="html", encoding="unicode", with_tail=False))
    return ""


def _captions(page: html.HtmlElement) -> dict[str, str]:
    """The caption of each picture that has one, by the picture's address."""
    captions: dict[str, str] = {}
    for figure in page.iter("figure"):
        pictures = [picture.get("src") for picture in figure.iter("img") if picture.get("src")]
        words = [clean_text(caption.text_content()) for caption in figure.iter("figcaption")]
        if len(pictures) == 1 and words and words[0]:
            captions.setdefault(pictures[0], words[0])
    return captions


def _sizes(page: html.HtmlElement) -> dict[str, tuple[str, str]]:
    found = ((image.get("src"), image.get("width") or "", image.get("height") or "") for image in page.iter("img"))
    return {src: (width, height) for src, width, height in found if src and width.isdigit() and height.isdigit()}


def _converted(body: Any, captions: dict[str, str], sizes: dict[str, tuple[str, str]]) -> list[str]:  # noqa: ANN401, C901 - a case for each kind of element
    """The HTML for trafilatura's elements: its own makes every list a bulleted one, and all code a block."""
    for element in list(body.iter(etree.Element)):
        attributes = dict(element.attrib)
        parent = element.getparent()
        element.attrib.clear()
        match element.tag:
            case "head":
                element.tag = attributes.get("rend", "h2")
            case "hi":
                element.tag = _HI.get(attributes.get("rend", ""), "em")
            case "list":
                element.tag = _LISTS.get(attributes.get("rend", ""), "ul")
            case "item":
                element.tag = attributes.get("rend", "li").partition("-")[0] if _is_definition(parent) else "li"
            case "cell":
                element.tag = "th" if attributes.get("role") == "head" else "td"
                element.attrib.update({key: attributes[key] for key in ("colspan", "rowspan") if key in attributes})
            case "ref":
                element.tag = "a"
                element.attrib.update({"href": attributes.get("target", "")})
            case "code":
                block = parent is not None and parent.tag not in {"pre", "p"} and "\n" in "".join(element.itertext())
                element.tag = "pre" if block or element.find("code") is not None else "code"
                if language := attributes.get("class"):
                    element.set("class", language)
            case "graphic":
                _picture(element, attributes, captions, sizes)
            case "figure" | "figcaption" | "img":
                element.attrib.update(attributes)
            case _:
                element.tag = _PLAIN.get(element.tag, "span")
    return [
        str(etree.tostring(child, method="html", encoding="unicode", with_tail=True)) for child in body.iterchildren()
    ]


def _is_definition(parent: Any) -> bool:  # noqa: ANN401
    return parent is not None and parent.tag == "dl"


def _picture(
    element: Any,  # noqa: ANN401
    attributes: dict[str, str],
    captions: dict[str, str],
    sizes: dict[str, tuple[str, str]],
) -> None:
    source = attributes.get("src", "")
    element.tag = "img"
    element.attrib.update({"src": source, "alt": attributes.get("alt", "")})
    if source in sizes:
        element.attrib.update(zip(("width", "height"), sizes[source], strict=True))
    parent = element.getparent()
    if source in captions and parent is not None and parent.tag not in {"p", "span", "figure"}:
        figure = etree.Element("figure")
        figure.tail, element.tail = element.tail, None
        parent.replace(element, figure)
        figure.append(element)
        etree.SubElement(figure, "figcaption").text = captions[source]
