"""Foreign text made harmless: HTML by an allow-list, plain text without characters that XML or a mail can't carry."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from contextvars import ContextVar

import nh3

from pipeline.collect.allow_list import ATTRIBUTES, BLOCKS, CELLS, DROPPED_WITH_CONTENT, TAGS, allowed_value
from pipeline.collect.hidden_pictures import without_hidden_pictures
from pipeline.collect.links import link_url, web_url
from pipeline.collect.nesting import well_nested

_LONGEST_TEXT = 400_000
_SHORT_TEXT = 20_000
_ROUNDS = 6

# What XML 1.0 can't carry or discourages (2.2), and the byte order mark inside text.
# MathML's tags go and its text stays: feed validators and mail clients don't know it inside HTML.
_MATHML = re.compile(
    r"</?(?:math|semantics|m(?:row|[inos]|text|space|frac|sqrt|root|su[bp]|subsup|under|over|underover|multiscripts|"
    r"prescripts|table|tr|td|style|error|padded|phantom))(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffd\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# A search for what few texts have costs a tenth of taking it away; beyond the BMP anything may be one of them.
_SUSPECT = re.compile("[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffc]")
# Bytes of Windows-1252 that were read as Latin-1: quotes, dashes and the euro sign in half of the world's old blogs.
_MISREAD = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_CONTROLS = {**_MISREAD, 0x0B: " ", 0x0C: " "}

_OPENING = frozenset("\u202a\u202b\u2066\u2067\u2068")
_CLOSING = {"\u202c": frozenset("\u202a\u202b"), "\u2069": frozenset("\u2066\u2067\u2068")}
_OVERRIDES = frozenset("\u202d\u202e")
_TURNING = re.compile("[\u202d\u202e]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

# No quantifier here may run over a "<": what has no end would be searched from every start.
_TAG = re.compile(r"</?([a-zA-Z][^\s/<>]*)[^<>]*>")
_CODE = re.compile(r"<(script|style)\b.*?(?:</\1[^<>]*>?|\Z)", re.DOTALL | re.IGNORECASE)
_UNLINKED = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_EMPTY = re.compile(r'<a [^>]*>\s*</a>|<(video|audio) controls="">\s*</\1>')
_MEDIA = re.compile(r"<(img|source|track)((?: [^>]*)?)>")
_PRE = re.compile(r"(<pre[^>]*>)\n+")
_SRCSET = re.compile(r"[\s,]*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([^,]*))?(?:,|$)")
_DESCRIPTOR = re.compile(r"[0-9.]{1,8}[wx]")

_base: ContextVar[str | None] = ContextVar("base", default=None)
"""What the links of the HTML that is being cleaned resolve against."""


def clean_html(html: str, base_url: str | None) -> str:
    """``html`` as a fragment that is safe to publish: what an article needs, nothing that runs, loads or hides.

    Links, pictures and media are absolute: resolved against ``base_url``; one that can't be resolved loses its link
    (the text stays) or is dropped (a picture).  Tracking pixels, ids, styles, scripts and overrides of the writing
    direction go.  Every character may stand in XML 1.0.  Cleaning what is clean changes nothing.  HTML that is too
    long, or nested too deeply, becomes its text in paragraphs.  Bounded in time.
    """
    before = _TURNING.sub("", _MATHML.sub("", xml_text(html)))
    if len(before) <= _SHORT_TEXT and "<" not in before and "&" not in before:
        return entities.escape(before, quote=False).replace("\xa0", "&nbsp;").strip()
    token = _base.set(base_url)
    try:
        cleaned = _sanitised(before)
    finally:
        _base.reset(token)
    return _paragraphs(html) if cleaned is None else cleaned


def _sanitised(before: str) -> str | None:
    """The HTML when nothing is left to do; None where that can't be reached."""
    for _ in range(_ROUNDS):
        nested = well_nested(before)
        if nested is None:
            return None
        # A second pass must find nothing to do; where it does, a parser disagrees with a serialiser, and that is how
        # markup gets past a sanitiser (mutation XSS).
        after = _tidied(xml_text(_SANITISER.clean(without_hidden_pictures(nested))))
        if after == before:
            return after
        before = after
    return None


def clean_text(text: str) -> str:
    """Plain text on one line: NFC, white space collapsed, no control characters.

    Overrides of the writing direction go, as do embeddings and isolates that aren't closed, which would turn round
    what follows; the marks (LRM, RLM, ALM) and the joiners that emoji and scripts need stay.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = _balanced(xml_text(text).replace("\xad", ""))
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def plain_text(html: str) -> str:
    """The text of ``html``, a line for each block (paragraph, heading, list item, row), without scripts and styles."""
    if "<" not in html and "&" not in html:
        return clean_text(html)
    text = xml_text(html)
    nested = well_nested(text)
    marked = _TAG.sub("\n", text) if nested is None else _TAG.sub(_boundary, _OUTLINE.clean(nested))
    lines = entities.unescape(marked).split("\n")
    return "\n".join(filter(None, map(clean_text, lines)))


def xml_text(text: str) -> str:
    """``text`` without the characters that XML can't carry; line ends as LF, Windows-1252 leftovers mended."""
    if not _SUSPECT.search(text):
        return text
    # JSON and YAML write what is beyond the BMP as two escapes, and not every parser of YAML joins them.
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _NOT_TEXT.sub("", joined.translate(_CONTROLS)).replace("\r\n", "\n").replace("\r", "\n")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The attribute's clean value, or None to drop it.  Must not raise: nh3 would keep the value."""
    base_url = _base.get()
    match name:
        case "href" | "cite":
            return link_url(value, base_url) if tag == "a" else web_url(value, base_url)
        case "src" | "poster":
            return web_url(value, base_url)
        case "srcset":
            return _srcset(value, base_url)
        case _:
            return allowed_value(name, value)


# Made once: that takes longer than most texts do.
_SANITISER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel"},
)
_OUTLINE = nh3.Cleaner(
    tags=set(BLOCKS | CELLS), clean_content_tags=set(DROPPED_WITH_CONTENT), attributes={}, link_rel=None
)


def _srcset(value: str, base_url: str | None) -> str | None:
    candidates = []
    for reference, descriptor in _SRCSET.findall(value[:_LONGEST_TEXT]):
        url = web_url(reference.strip(","), base_url)
        size = descriptor.strip()
        if url and "," not in url[-1] and (not size or _DESCRIPTOR.fullmatch(size)):
            candidates.append(f"{url} {size}".rstrip())
    return ", ".join(candidates) or None


def _tidied(html: str) -> str:
    """What the sanitiser leaves behind, in its own output (attributes quoted, ``<`` and ``>`` escaped in them)."""
    html = _MEDIA.sub(_media, _TURNING.sub("", html))
    html = _UNLINKED.sub(r"\1", html)
    html = _EMPTY.sub("", html)
    return _PRE.sub(r"\1", html).strip()


def _media(match: re.Match[str]) -> str:
    """The element, or nothing where it has no address or is a tracking pixel (1 by 1)."""
    tag, attributes = match[1], match[2]
    if ' src="' not in attributes and (tag == "track" or ' srcset="' not in attributes):
        return ""
    sides = re.findall(r' (?:width|height)="0*([0-9]+)"', attributes)
    return "" if tag == "img" and sides and all(side in {"0", "1"} for side in sides) else match[0]


def _boundary(tag: re.Match[str]) -> str:
    return " " if tag[1] in CELLS else "\n"


def _paragraphs(html: str) -> str:
    """The text of HTML that can't be kept as such: cut where it is too long, a paragraph a line."""
    text = entities.unescape(_TAG.sub("\n", _CODE.sub("\n", xml_text(html))))
    room = _LONGEST_TEXT
    paragraphs = []
    for line in filter(None, map(clean_text, text.split("\n"))):
        shown = clean_text(line[:room])
        paragraphs.append(f"<p>{entities.escape(shown, quote=False)}</p>")
        room -= len(line)
        if room <= 0:
            break
    return "".join(paragraphs)


def _balanced(text: str) -> str:
    """``text`` without direction overrides, and without embeddings and isolates that have no partner."""
    if not _BIDI.search(text):
        return text
    unpaired: set[int] = set()
    stack: list[int] = []
    for place, character in enumerate(text):
        if character in _OVERRIDES:
            unpaired.add(place)
        elif character in _OPENING:
            stack.append(place)
        elif character in _CLOSING:
            if stack and text[stack[-1]] in _CLOSING[character]:
                stack.pop()
            else:
                unpaired.add(place)
    unpaired.update(stack)
    return "".join(character for place, character in enumerate(text) if place not in unpaired)
