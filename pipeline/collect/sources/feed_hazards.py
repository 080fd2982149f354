"""What makes an XML document expensive or dangerous to parse, found before a parser sees it.

expat limits what nested entities expand to and loads nothing; but what it refuses, feedparser reads again with a parser
that forgives everything, and both ways are quadratic in attributes and namespaces.  The counts here are linear.
"""

from __future__ import annotations

import re

from pipeline.errors import InvalidSource

_MAX_TAGS = 1_000_000
_MAX_ENTRIES = 20_000
_MAX_ATTRIBUTES = 64
_MAX_NAMESPACES = 200
_MAX_EXPANSION = 20_000_000
_MAX_REPEATED = 500

_ENTITY = re.compile(rb"""<!ENTITY\s+(%\s+)?[^\s"'>]+\s+(?:(SYSTEM|PUBLIC)\b|"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"&(?!#)")
_REPEATED = re.compile(
    rb"<(?:\w+:)?(?:(item|entry)|category|subject|keywords|enclosure|link|author|creator|contributor|content)[\s>/]",
    re.IGNORECASE,
)
_MANY_ATTRIBUTES = re.compile(rb"""(?:\s++[^\s=<>"'/]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')){%d}""" % (_MAX_ATTRIBUTES + 1))
_PREFIX = re.compile(rb"xmlns:([^\s=]+)")


def refuse_hazards(body: bytes, where: str) -> None:
    """Raise InvalidSource for entity bombs, external entities, and more markup than any feed has."""
    # So that UTF-16 and UTF-32 show what they hold.
    markup = body.replace(b"\0", b"") if b"\0" in body else body
    if hazard := _entities(markup) or _quantity(markup):
        raise InvalidSource(hazard, where=where, mend="Nothing of it was read; tell the feed's owner.")


def _entities(markup: bytes) -> str | None:
    # Only general entities are expanded in content.  The parameter entities of RSS 1.0's usual DTD are skipped.
    declared = [match for match in _ENTITY.finditer(markup) if not match[1]]
    if any(match[2] for match in declared):
        return "it declares an external entity in its DTD (XXE), which no feed needs."
    values = [match[3] or match[4] or b"" for match in declared]
    if any(_REFERENCE.search(value) for value in values):
        return 'it declares entities within entities in its DTD (a "billion laughs" bomb).'
    if max(map(len, values), default=0) * markup.count(b"&") > _MAX_EXPANSION:
        return "the entities of its DTD would expand to far more than the document itself (an entity bomb)."
    return None


def _quantity(markup: bytes) -> str | None:
    if markup.count(b"<") > _MAX_TAGS:
        return f"it has more than {_MAX_TAGS:,} tags."
    entries, repeated = _lists(markup)
    if entries > _MAX_ENTRIES:
        return f"it has more than {_MAX_ENTRIES:,} entries."
    if repeated > _MAX_REPEATED:
        return f"it has an entry with more than {_MAX_REPEATED} categories, links, enclosures or authors."
    if _has_many_attributes(markup):
        return f"it has an element with more than {_MAX_ATTRIBUTES} attributes."
    if len(set(_PREFIX.findall(markup))) > _MAX_NAMESPACES:
        return f"it declares more than {_MAX_NAMESPACES} namespaces."
    return None


def _has_many_attributes(markup: bytes) -> bool:
    # None of them holds a "<", and little that stands between two of those is long enough and has what they need.
    return any(
        tag.count(b"=") > _MAX_ATTRIBUTES
        and tag.count(b'"') + tag.count(b"'") > 2 * _MAX_ATTRIBUTES
        and _MANY_ATTRIBUTES.search(tag)
        for tag in markup.split(b"<")
        if len(tag) > _MAX_ATTRIBUTES * len(' a=""')
    )


def _lists(markup: bytes) -> tuple[int, int]:
    """How many entries there are, and how many elements stand between two of them at most that feedparser gathers.

    It does so in lists, in quadratic time.
    """
    entries = most = run = 0
    for is_entry in _REPEATED.findall(markup):
        if is_entry:
            entries += 1
            run = 0
        else:
            run += 1
            most = max(most, run)
    return entries, most
