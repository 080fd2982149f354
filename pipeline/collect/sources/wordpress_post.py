"""A post as WordPress' REST API writes it: its place in a listing, and what it says.

See https://developer.wordpress.org/rest-api/reference/posts/.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.sources.feed_entry import RawEntry, RawText
from pipeline.collect.sources.feed_media import whole_number
from pipeline.domain.article import Author, Picture

LIST_FIELDS = "id,guid,date_gmt,modified_gmt,link,author,featured_media,categories,tags,content.protected"
"""What a listing asks for: enough to see what is new, what changed and what is there; no text is rendered for it."""

POST_FIELDS = (
    "id,guid,date_gmt,modified_gmt,link,author,featured_media,categories,tags,title,content,excerpt,comment_status,"
    "_links,_embedded"
)
EMBEDDED = "author,wp:featuredmedia,wp:term"

_VERSION = 1
"""Part of every digest: raise it where posts are understood differently, and known ones are read again."""
_MARKS = ("id", "guid", "date_gmt", "modified_gmt", "link", "author", "featured_media", "categories", "tags")
_TAXONOMIES = ("category", "post_tag")
_LONGEST_KEY = 500
_LONGEST_EXCERPT = 20_000
_ALIKE = 120
_CUT = re.compile(r"\s*(?:\[ ?(?:…|\.\.\.) ?\]|…|\.\.\.)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A post in a listing.  ``key`` is what the site's own feed calls it; ``digest`` changes when it is edited."""

    id: int
    key: str
    link: str
    digest: str
    published: datetime | None
    modified: datetime | None
    protected: bool


def read_row(record: object) -> Row | None:
    """The row of a record; None for what is no post."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), int):
        return None
    link = clean_text(_string(record, "link") or "")
    # In a feed the same guid went through XML, which takes such references away.
    guid = clean_text(html.unescape(_rendered(record, "guid") or ""))
    key = guid or link or f"wp:{record['id']}"
    marks = json.dumps([_VERSION, [record.get(name) for name in _MARKS]], sort_keys=True)
    return Row(
        id=record["id"],
        key=shortened(key),
        link=link,
        digest=sha256(marks),
        published=_moment(record, "date_gmt"),
        modified=_moment(record, "modified_gmt"),
        protected=is_protected(record),
    )


def is_protected(record: Mapping[str, Any]) -> bool:
    """Whether a password stands before the text."""
    content = record.get("content")
    return isinstance(content, dict) and content.get("protected") is True


def raw_entry(record: Mapping[str, Any]) -> RawEntry:
    """What the post says, in the form that feeds' entries have; nothing in it is clean."""
    title, content, link = _rendered(record, "title"), _rendered(record, "content"), _string(record, "link")
    embedded = record.get("_embedded")
    embedded = embedded if isinstance(embedded, dict) else {}
    return RawEntry(
        link=link,
        title=RawText(value=title, html=True) if title else None,
        content=RawText(value=content, html=True) if content else None,
        summary=_summary(_rendered(record, "excerpt"), content or "", link),
        published=_utc(record, "date_gmt"),
        updated=_utc(record, "modified_gmt"),
        authors=tuple(_authors(embedded)),
        topics=tuple(_topics(embedded)),
        pictures=tuple(_pictures(embedded)),
        comments=f"{link}#comments" if link and record.get("comment_status") == "open" else None,
    )


def shortened(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else f"sha256:{sha256(key)}"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _summary(excerpt: str | None, content: str, link: str | None) -> RawText | None:
    """The excerpt without its link to the post and its "[…]"; None where it is only the start of the text, cut off.

    WordPress makes such an excerpt where the author wrote none; it ends inside a sentence.
    """
    if not excerpt or len(excerpt) > _LONGEST_EXCERPT:
        return None
    text = clean_text(plain_text(_without_more_link(excerpt, link)))
    whole = _CUT.sub("", text)
    if not whole:
        return None
    if whole == text:
        return RawText(value=text)
    start = whole[:_ALIKE]
    if start in clean_text(plain_text(content[: _LONGEST_EXCERPT * 2])):
        return None
    return RawText(value=f"{whole}…")


def _without_more_link(excerpt: str, link: str | None) -> str:
    """Themes put "Weiterlesen" there, as a link with a class or to the post itself."""
    if "<a" not in excerpt.lower():
        return excerpt
    try:
        root = lxml_html.fragment_fromstring(excerpt, create_parent="div")
    except (etree.LxmlError, ValueError):
        return excerpt
    for anchor in root.findall(".//a"):
        target = (anchor.get("href") or "").partition("#")[0]
        if "more-link" in (anchor.get("class") or "") or (link and target == link):
            anchor.drop_tree()
    return str(lxml_html.tostring(root, encoding="unicode"))


def _authors(embedded: Mapping[str, Any]) -> Iterator[Author]:
    for person in _list(embedded, "author"):
        # Where the site doesn't show its users, an error stands here.
        if name := _string(person, "name"):
            yield Author(name=name, url=_string(person, "url") or _string(person, "link"))


def _topics(embedded: Mapping[str, Any]) -> Iterator[str]:
    groups = _list(embedded, "wp:term")
    terms = [term for group in groups if isinstance(group, list) for term in group]
    for taxonomy in _TAXONOMIES:
        for term in terms:
            if isinstance(term, dict) and term.get("taxonomy") == taxonomy and (name := _string(term, "name")):
                yield name


def _pictures(embedded: Mapping[str, Any]) -> Iterator[Picture]:
    for medium in _list(embedded, "wp:featuredmedia"):
        url = _string(medium, "source_url")
        if url and medium.get("media_type", "image") == "image":
            details = medium.get("media_details")
            details = details if isinstance(details, dict) else {}
            yield Picture(
                url=url,
                alt=html.unescape(_string(medium, "alt_text") or ""),
                width=whole_number(details.get("width")),
                height=whole_number(details.get("height")),
            )


def _utc(record: Mapping[str, Any], name: str) -> str | None:
    """A time in GMT, which WordPress writes without saying so."""
    value = _string(record, name)
    return f"{value}Z" if value and value[-1].isdigit() and "+" not in value else value


def _moment(record: Mapping[str, Any], name: str) -> datetime | None:
    value = _utc(record, name)
    return parse_date(value) if value else None


def _rendered(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return _string(value, "rendered") if isinstance(value, dict) else None


def _string(record: object, name: str) -> str | None:
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name)
    return [entry for entry in value if isinstance(entry, dict | list)] if isinstance(value, list) else []
