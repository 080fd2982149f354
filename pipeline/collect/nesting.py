"""HTML whose nesting is bounded, so that an HTML 5 parser takes it in linear time."""

from __future__ import annotations

import re

from lxml import etree

from pipeline.collect.crowding import is_crowded

# html5ever (in nh3) takes quadratic time and memory for deep or crossed nesting, and for character references.  Up to
# this many tags that is milliseconds; beyond it libxml2, linear and at most 256 levels deep, nests them well first.
_MANY_TAGS = 1000
_MANY_REFERENCES = 100_000
_LONGEST = 4_000_000

RAW_TEXT = frozenset(
    {"script", "style", "iframe", "template", "svg", "select", "textarea", "noembed", "noframes", "title"}
)
"""Elements whose content is another language, or text that two parsers read differently."""

_UNWRAPPED = frozenset({"applet", "font", "form", "head", "listing", "marquee", "nobr", "object", "plaintext", "xmp"})
_INLINE_DATA = re.compile(r"data:[\w/+.-]{1,80};base64,[A-Za-z0-9+/=\s]+")
_NOSCRIPT = re.compile(r"</?noscript\b[^<>]*>", re.IGNORECASE)


def well_nested(html: str) -> str | None:
    """``html`` as it can be parsed in bounded time; None where it is too long, too crowded, or nested deeper than 256.

    What ``noscript`` holds counts as content: pages that load their pictures by script keep them there.
    """
    html = _NOSCRIPT.sub("", html)
    if len(html) > _LONGEST:
        html = _INLINE_DATA.sub("", html)
    if len(html) > _LONGEST or html.count("&") > _MANY_REFERENCES:
        return None
    if is_crowded(html):
        return None
    if html.count("<") <= _MANY_TAGS:
        return html
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(f"<html><body>{html}</body></html>".encode(), parser)
    except etree.XMLSyntaxError:
        return None
    body = None if root is None else root.find("body")
    if root is None or body is None or any("xcessive depth" in entry.message for entry in parser.error_log):
        return None
    etree.strip_elements(root, *RAW_TEXT, with_tail=False)
    etree.strip_tags(root, *_UNWRAPPED)
    serialised = str(etree.tostring(body, method="html", encoding="unicode", with_tail=False))
    return serialised.removeprefix("<body>").removesuffix("</body>")
