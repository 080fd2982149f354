"""A document and what is said about it as clean content."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from typing import cast

from pipeline.collect.clean import clean_html, clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.language import detect_language
from pipeline.collect.links import web_url
from pipeline.collect.sources.documents.document import Document, InvalidDocument, Metadata
from pipeline.collect.teaser import make_teaser, sentence_ends, shorten
from pipeline.domain.article import Author, Content, Enclosure, Picture, distinct_topics

_DATE_IN_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)")
# Beyond this `clean_html` keeps only the beginning.
_LONGEST_HTML = 3_900_000
_TITLE_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a source says about all of its documents.

    ``topics`` are added to an article's own; ``language`` counts where neither the document nor its text tells.
    ``base_url`` with a document's path is what relative links resolve against where it has no URL of its own.
    ``timezone`` is that of dates without one.
    """

    topics: tuple[str, ...] = ()
    language: str | None = None
    base_url: str | None = None
    timezone: tzinfo


def assemble(key: str, document: Document, given: Metadata, defaults: Defaults) -> tuple[Content, tuple[str, ...]]:
    """The clean content of the document at the path ``key``, and notes for people.

    ``given`` (front matter and sidecar) overrides what was found in the document.  Raises `InvalidDocument` where
    there is nothing to show.
    """
    if len(document.html) > _LONGEST_HTML:
        what = f"It makes {len(document.html)} characters of HTML; the limit is {_LONGEST_HTML}."
        raise InvalidDocument(what, mend="Split it.")
    said = cast("Metadata", {**document.found, **given})
    notes = list(document.notes)
    url = web_url(said.get("url", "")) if said.get("url") else None
    base = _base(key, url, document, defaults)
    html = clean_html(document.html, base)
    text = plain_text(html)
    title = clean_text(said.get("title", "")) or _first_sentence(text)
    if not title:
        raise InvalidDocument("It is empty.", mend="Write a title and a text, or delete it.")
    if not text and "<img" not in html:
        notes.append("It has a title but no text.")
    content = Content(
        title=title,
        html=html,
        teaser=clean_text(said["teaser"]) if "teaser" in said else make_teaser(html),
        url=url,
        language=said.get("language") or detect_language(f"{title}\n{text}") or defaults.language,
        authors=_authors(said),
        topics=distinct_topics([*map(clean_text, said.get("topics", ())), *defaults.topics]),
        picture=_picture(document.found, given, base, notes),
        enclosures=_enclosures(said, base, notes),
        published=_moment(said.get("published", _date_in_name(key)), defaults.timezone, "published", notes),
        updated=_moment(said.get("updated", ""), defaults.timezone, "updated", notes),
        comments_url=said.get("comments_url") or None,
    )
    return content, tuple(notes)


def _first_sentence(text: str) -> str:
    """What an article without a title is called."""
    paragraph = make_teaser(text, _LONGEST_HTML)
    return shorten(paragraph[: next(iter(sentence_ends(paragraph[:_TITLE_LIMIT])), None)], _TITLE_LIMIT)


def _base(key: str, url: str | None, document: Document, defaults: Defaults) -> str | None:
    """What relative links mean: a base that the document names, its URL, its path below the source's base."""
    base = url or (web_url(key, f"{defaults.base_url.rstrip('/')}/") if defaults.base_url else None)
    return web_url(document.base, base) or base if document.base else base


def _authors(said: Metadata) -> tuple[Author, ...]:
    cleaned = (replace(author, name=clean_text(author.name)) for author in said.get("authors", ()))
    return tuple(dict.fromkeys(author for author in cleaned if author.name))


def _picture(found: Metadata, given: Metadata, base: str | None, notes: list[str]) -> Picture | None:
    """The picture, of which a description may be said apart from its address."""
    picture = given.get("picture", found.get("picture"))
    own = found.get("picture")
    if picture is None and "picture" not in given:
        picture = Picture(url=None)
    if picture is None:
        return None
    described = given.get("picture_description")
    alt = described if isinstance(described, str) else picture.alt or (own.alt if own else "")
    if described is False:
        alt = ""
    url = web_url(picture.url, base) if picture.url else None
    if picture.url and not url:
        notes.append(
            f'The address of its picture was dropped, because nothing makes it absolute: "{picture.url[:80]}".'
        )
    alt = clean_text(alt)
    return replace(picture, url=url, alt=alt) if url or alt else None


def _enclosures(said: Metadata, base: str | None, notes: list[str]) -> tuple[Enclosure, ...]:
    kept = []
    for enclosure in said.get("enclosures", ()):
        if url := web_url(enclosure.url, base):
            title = clean_text(enclosure.title or "") or None
            kept.append(replace(enclosure, url=url, title=title, media_type=clean_text(enclosure.media_type)))
        else:
            notes.append(f'An enclosure was dropped, because nothing makes it absolute: "{enclosure.url[:80]}".')
    return tuple(kept)


def _moment(raw: str, zone: tzinfo, name: str, notes: list[str]) -> datetime | None:
    if not raw:
        return None
    moment = parse_date(raw, zone)
    if moment is None:
        notes.append(f'Its date "{name}" can\'t be believed: "{raw[:40]}". Write it as 2026-01-31 or 2026-01-31 14:30.')
    return moment


def _date_in_name(key: str) -> str:
    match = _DATE_IN_NAME.match(PurePosixPath(key).name)
    return match[1] if match else ""
