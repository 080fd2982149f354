"""OPML 1 and 2: the list of feeds that a reader exports (http://opml.org/spec2.opml)."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from lxml import etree

from pipeline.collect.clean import clean_text
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.links import web_url
from pipeline.collect.same_address import url_key
from pipeline.domain.article import distinct_topics
from pipeline.errors import PipelineError, Problem

_LARGEST = 20_000_000
_LONGEST_TOPIC = 100
_DTD = re.compile(rb"<!(?:doctype|entity)\b", re.IGNORECASE)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)""")
_FEED_TYPES = frozenset({"rss", "atom", "rdf", "json", "jsonfeed", "feed"})
_LOGIN = re.compile(r"//[^/@]*@")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)


class InvalidOpml(PipelineError):
    """The file is no OPML, or one that is refused."""

    code = "opml-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """A feed that an OPML file names.

    ``url`` is absolute; ``home`` the site's page.  ``title`` is plain text, "" where there is none.  ``topics`` are the
    folders it lies in, from the outermost, and its categories.  ``line`` is where its outline ends.
    """

    url: str
    title: str = ""
    home: str | None = None
    topics: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A feed that is there already: in the file, or elsewhere as ``of`` (a URL, or the name that was given for it)."""

    feed: ListedFeed
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """What an OPML file names: each feed once, those that were left out for that, and what can't be used."""

    feeds: tuple[ListedFeed, ...]
    duplicates: tuple[Duplicate, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_opml(data: bytes, *, where: str, known: Mapping[str, str] | None = None) -> FeedList:
    """The feeds of an OPML document; ``where`` names it in problems.

    ``known`` are feeds that are there already, as `url_key` to a name.  What has an address twice is one feed, by
    `url_key`, with the topics of both.  Raises `InvalidOpml`.
    """
    root, flaw = _parsed(data, where)
    problems = [flaw] if flaw else []
    feeds: dict[str, ListedFeed] = {}
    duplicates: list[Duplicate] = []
    for outline, folders in _outlines(root):
        found = _feed(outline, folders, where)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None:
            key = url_key(found.url)
            if known and key in known:
                duplicates.append(Duplicate(feed=found, of=known[key]))
            elif key in feeds:
                duplicates.append(Duplicate(feed=found, of=feeds[key].url))
                feeds[key] = _merged(feeds[key], found)
            else:
                feeds[key] = found
    return FeedList(feeds=tuple(feeds.values()), duplicates=tuple(duplicates), problems=tuple(problems))


def _parsed(data: bytes, where: str) -> tuple[etree._Element, Problem | None]:
    if len(data) > _LARGEST:
        raise InvalidOpml(f"it is longer than {_LARGEST:,} bytes.", where=where)
    if not data.strip():
        raise InvalidOpml("it is empty.", where=where)
    if _DTD.search(data.replace(b"\0", b"")):
        mend = "Take the <!DOCTYPE …> out: OPML needs none."
        raise InvalidOpml("it has a DTD, which could hold anything, and is not read.", where=where, mend=mend)
    encoding = _encoding(data)
    root: etree._Element | None
    try:
        root = etree.fromstring(data, _parser(encoding))
        problem: Problem | None = None
    except etree.XMLSyntaxError as failure:
        root = _salvaged(data, encoding)
        what = f"it isn't well-formed XML ({failure.msg}); what could be read was used."
        mend = "Compare the list with what you expect."
        problem = Problem(code="opml-malformed", where=where, what=what, mend=mend)
    # Whatever the encoding was: no entity was expanded, and nothing loaded.
    if root is None or root.getroottree().docinfo.internalDTD is not None or _tag(root) != "opml":
        mend = "Export the feeds of your reader as OPML."
        if root is not None and _tag(root) in {"rss", "feed", "rdf", "html"}:
            mend = f"It looks like {_tag(root)}: `rundbrief sources discover URL` finds the feed of one address."
        raise InvalidOpml("it is no OPML.", where=where, mend=mend)
    return root, problem


def _salvaged(data: bytes, encoding: str | None) -> etree._Element | None:
    try:
        return etree.fromstring(data, _parser(encoding, recover=True))
    except etree.XMLSyntaxError:
        return None


def _parser(encoding: str | None, *, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )


def _encoding(data: bytes) -> str | None:
    """The encoding that the parser shall believe; None where the document itself tells."""
    if data.startswith(_BOMS) or b"\0" in data[:4]:
        return None
    try:
        data.decode()
    except UnicodeDecodeError:
        declared = _DECLARED.search(data)
        name = declared[1].decode().lower() if declared else "utf-8"
        # It can't be what it says it is; what else writes a byte per letter is most likely this.
        return "windows-1252" if name in {"utf-8", "utf8", "us-ascii", "ascii"} else None
    # Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever the declaration says.
    return None if data.isascii() else "utf-8"


def _outlines(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Each outline with the titles of the folders around it, in the order of the file."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        inner = folders
        if _tag(element) == "outline":
            yield element, folders
            attributes = _attributes(element)
            inner = folders if "xmlurl" in attributes else (*folders, _title(attributes))
        waiting += [(child, inner) for child in reversed(element) if _tag(child) in {"body", "outline"}]


def _tag(element: etree._Element) -> str:
    tag: object = element.tag
    # That of a reference to an entity that isn't known is a function.
    return etree.QName(tag).localname.lower() if isinstance(tag, str) else ""


def _attributes(element: etree._Element) -> dict[str, str]:
    """Some programs write ``xmlurl``, or ``XMLURL``."""
    return {str(name).lower(): str(value).strip() for name, value in element.attrib.items() if str(value).strip()}


def _title(attributes: Mapping[str, str]) -> str:
    return _plain(attributes.get("title", "")) or _plain(attributes.get("text", ""))


def _plain(text: str) -> str:
    """Text that some programs escape twice."""
    return clean_text(html.unescape(text) if _ENTITY.search(text) else text)


def _feed(outline: etree._Element, folders: Sequence[str], where: str) -> ListedFeed | Problem | None:
    attributes = _attributes(outline)
    line = cast("int | None", outline.sourceline) or 0
    kind = attributes.get("type", "").lower()
    written = attributes.get("xmlurl") or (attributes.get("url") if kind in _FEED_TYPES else None)
    place = f"{where}:{line}"
    title = _title(attributes)
    if written is None:
        if kind == "include":
            what = f"“{title}” includes another list, which is not fetched."
            return Problem(code="opml-include", where=place, what=what, mend="Import that file too.")
        if kind in _FEED_TYPES:
            return Problem(code="opml-outline", where=place, what=f"“{title}” has no address (xmlUrl).")
        return None
    url = _web_url(written)
    if url is None:
        shown = _LOGIN.sub("//…@", clean_text(written))[:200]
        what = f"“{title or shown}” has no http or https address: “{shown}”."
        return Problem(code="opml-outline", where=place, what=what)
    if "@" in urlsplit(url).netloc:
        what = f"the address of “{title or shown_url(url)}” holds a user name or a password."
        mend = "Secrets are kept out of the configuration: it can't be imported."
        return Problem(code="opml-outline", where=place, what=what, mend=mend)
    return ListedFeed(
        url=url,
        title=title,
        home=_web_url(attributes.get("htmlurl", "")),
        topics=_topics([*folders, *_categories(attributes.get("category", ""))]),
        line=line,
    )


def _web_url(written: str) -> str | None:
    """The address; ``feed:`` is a scheme that some readers register for themselves."""
    address = re.sub(r"\Afeed:(?://)?(?=https?:)|\Afeed:(?=//)", "", written.replace("&amp;", "&"), flags=re.IGNORECASE)
    return web_url(f"http:{address}" if address.startswith("//") else address)


def _categories(written: str) -> list[str]:
    """``/Boston/Weather,sun``: paths, with a comma between them."""
    return [part for path in written.split(",") for part in path.split("/")]


def _topics(labels: Collection[str]) -> tuple[str, ...]:
    return distinct_topics([_plain(label)[:_LONGEST_TOPIC] for label in labels])


def _merged(first: ListedFeed, second: ListedFeed) -> ListedFeed:
    return ListedFeed(
        url=first.url,
        title=first.title or second.title,
        home=first.home or second.home,
        topics=distinct_topics([*first.topics, *second.topics]),
        line=first.line,
    )
