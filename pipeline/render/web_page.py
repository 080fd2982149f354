"""A message that was mailed becomes a page for everybody: without anything that was for one recipient."""

from __future__ import annotations

import re

from lxml import html as lxml_html

from pipeline.render.tracking import untracked

_FIELD = re.compile(r"__SUBST_[a-z][a-z0-9_]*?__")
_LEADING = re.compile(r"^[\s\xa0]*[·|•][\s\xa0]*")
_TRAILING = re.compile(r"[\s\xa0]*[·|•][\s\xa0]*$")
# The class of what makes sense in a mail only, such as why one gets it.
_MAIL_ONLY = "mail-only"
_GREETING = "__SUBST_greeting__"


def web_page(html: str, *, page_url: str, head: str, above: str) -> str:
    """The page.  ``head`` is markup for its head, ``above`` what stands at the top of its body.

    Links that carry a merge field are left out, with what divides them from others; so is the link to this very page,
    what is marked with the class ``mail-only``, and the paragraph that greets.
    """
    document = lxml_html.document_fromstring(untracked(html))
    for element in list(document.iter(lxml_html.etree.Element)):
        href = element.get("href", "")
        is_link_away = element.tag == "a" and (_FIELD.search(href) is not None or (page_url and href == page_url))
        classes = element.get("class", "").split()
        if is_link_away or _MAIL_ONLY in classes or _is_greeting(element):
            _drop(element)
    if (body := document.find("body")) is not None:
        main = lxml_html.Element("main")
        main.text, body.text = body.text, None
        main.extend(list(body))
        body.append(main)
        for offset, part in enumerate(lxml_html.fragments_fromstring(above, no_leading_text=True)):
            body.insert(offset, part)
    if (page_head := document.find("head")) is not None:
        page_head.extend(lxml_html.fragments_fromstring(head, no_leading_text=True))
    text: str = lxml_html.tostring(document, doctype="<!DOCTYPE html>", encoding="unicode")
    return _FIELD.sub("", text)


def _is_greeting(element: lxml_html.HtmlElement) -> bool:
    """Whether it begins with the greeting: what follows in it goes on in the same sentence."""
    return (element.text or "").strip().startswith(_GREETING)


def _drop(element: lxml_html.HtmlElement) -> None:
    """Take an element out, and the sign that divides it from its neighbour."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    tail = element.tail or ""
    element.tail = None
    parent.remove(element)
    if _LEADING.match(tail):
        tail = _LEADING.sub("", tail)
    elif before is not None and before.tail:
        before.tail = _TRAILING.sub("", before.tail)
    elif before is None and parent.text:
        parent.text = _TRAILING.sub("", parent.text)
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
