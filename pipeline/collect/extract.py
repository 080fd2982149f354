"""From a web page to the article in it: clean, absolute, with dates that were read and not guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from lxml import etree, html

from pipeline.collect.clean import clean_html, clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.fetch import Response
from pipeline.collect.language import detect_language, language_tag
from pipeline.collect.page_body import article_body
from pipeline.collect.page_metadata import PageMetadata, page_metadata
from pipeline.collect.page_tree import NoArticle, page_tree
from pipeline.collect.same_address import same_site
from pipeline.collect.teaser import make_teaser
from pipeline.domain.article import Author, Content, Picture, distinct_topics

PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
"""What to ask for (Accept)."""

MAX_BYTES = 5_000_000
"""The largest page that is read."""

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", ""})
_SHORTEST = 120
"""The letters that an article needs to be one."""
_LINKED = 0.7
"""The share of a text in links from which on it is a list of articles, not one."""
_TEASER = 40
_TOO_EARLY = timedelta(days=1)
_HEADING = re.compile(r"\s*<h([1-6])>(.*?)</h\1>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """How a source's pages are understood.

    ``language`` is the source's own where the operator named one, ``topics`` are added to each article's, and
    ``timezone`` is that of times without a zone.
    """

    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a page from elsewhere (a sitemap), for what the page does not say; dates are raw."""

    title: str = ""
    published: str = ""
    updated: str = ""
    language: str | None = None
    topics: tuple[str, ...] = ()
    picture: Picture | None = None


def extract_article(
    response: Response, reading: PageReading, now: datetime, hints: Hints | None = None
) -> tuple[Content, tuple[str, ...]]:
    """The article that a page holds, and notes on what was odd in it.  Raises `NoArticle`; bounded in time."""
    if response.content_type not in _HTML_TYPES:
        raise NoArticle(f"it is not a web page but {response.content_type}.")
    if len(response.body) > MAX_BYTES:
        raise NoArticle(f"the page is longer than {MAX_BYTES:,} bytes.")
    hints = hints or Hints()
    root = page_tree(response.body, response.url, response.charset)
    page = page_metadata(root, response.url)
    title = page.title or clean_text(hints.title)
    body = _without_title(clean_html(article_body(root, response.url), response.url), title)
    text = plain_text(body)
    _require_article(body, text)
    notes: list[str] = []
    published = _date((*page.published, hints.published), "publishing date", reading, now, notes)
    updated = _date((*page.updated, hints.updated), "update", reading, now, [])
    if page.paywalled:
        notes.append("the page says that only a part of it can be read without paying.")
    named = language_tag(page.language) or language_tag(hints.language)
    content = Content(
        title=title or _start(text),
        html=body,
        teaser=make_teaser(page.description) if len(page.description) >= _TEASER else make_teaser(body),
        url=_address(page, response.url),
        language=reading.language or named or detect_language(text),
        authors=tuple(Author(name=name) for name in page.authors),
        topics=distinct_topics([*page.topics, *map(clean_text, hints.topics), *reading.topics]),
        picture=_described(page.picture, root) or hints.picture,
        published=published,
        updated=updated if updated and (published is None or updated >= published) else None,
    )
    return content, tuple(notes)


def _require_article(body: str, text: str) -> None:
    letters = sum(map(str.isalnum, text))
    if letters < _SHORTEST:
        raise NoArticle("there is no article in the page.", mend="Exclude such pages by a pattern (exclude).")
    try:
        root = html.fragment_fromstring(body, create_parent="div")
    except (etree.LxmlError, ValueError):
        return
    linked = sum(sum(map(str.isalnum, link.text_content())) for link in root.iter("a"))
    if linked > _LINKED * letters:
        raise NoArticle(
            "the page is a list of links, not an article.", mend="Exclude such pages by a pattern (exclude)."
        )


def _without_title(body: str, title: str) -> str:
    """The text without the heading that repeats the title."""
    match = _HEADING.match(body)
    if match and title and clean_text(plain_text(match[2])).casefold() == title.casefold():
        return body[match.end() :]
    return body


def _date(raws: tuple[str, ...], name: str, reading: PageReading, now: datetime, notes: list[str]) -> datetime | None:
    """The first of the dates that can be believed."""
    doubts = []
    for raw in filter(None, raws):
        moment = parse_date(raw, reading.timezone)
        if moment is not None and moment <= now + _TOO_EARLY:
            return moment
        why = "can't be read" if moment is None else "lies in the future"
        doubts.append(f"its {name} {clean_text(raw)[:40]!r} {why}, and was dropped.")
    if name == "publishing date" and not doubts:
        doubts.append("it names no publishing date; the time of its arrival serves as one.")
    notes += doubts[:1]
    return None


def _address(page: PageMetadata, url: str) -> str:
    """The page's canonical address where it is on the same site, and not just that site's front page."""
    canonical = page.canonical
    if canonical is None or not same_site(canonical, url):
        return url
    front = not urlsplit(canonical).path.strip("/") and not urlsplit(canonical).query
    return url if front and urlsplit(url).path.strip("/") else canonical


def _described(picture: Picture | None, root: html.HtmlElement) -> Picture | None:
    """The lead picture with the alternative text that it has in the page, where the head gives none."""
    if picture is None or picture.alt:
        return picture
    alt = next(
        (clean_text(image.get("alt") or "") for image in root.iter("img") if image.get("src") == picture.url), ""
    )
    return replace(picture, alt=alt)


def _start(text: str) -> str:
    return make_teaser(text, 80)
