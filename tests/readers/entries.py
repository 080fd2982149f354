"""What a reader made of an entry, and what the store says of the article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from lxml import html

from pipeline.publish.feed_article import FeedArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry.  A field is None where the reader keeps or shows nothing of the kind.

    ``authors`` are the names with commas between them, as most readers show them; ``content`` is HTML in one spelling
    (see `comparable`).
    """

    id: str | None
    title: str | None
    link: str
    published: datetime | None
    authors: str | None
    content: str | None
    enclosures: tuple[str, ...] | None


FIELDS = tuple(field.name for field in fields(Entry))


def expected(article: FeedArticle, format_: str) -> Entry:
    """What every reader should make of an article.

    In RSS there is one enclosure; a text that has no HTML is the summary, or in Atom at last the title.
    """
    said = article.html or _escaped(article.summary) or (_escaped(article.headline) if format_ == "atom" else "")
    files = article.enclosures if format_ == "atom" else article.enclosures[:1]
    return Entry(
        id=article.id_in(format_),
        title=article.headline,
        link=article.url,
        published=article.published,
        authors=", ".join(author.name for author in article.authors),
        content=comparable(said),
        enclosures=tuple(file.url for file in files),
    )


def comparable(markup: str) -> str:
    """HTML in one spelling: attributes in order, entities as characters, white space collapsed.

    What readers change is how a thing is written; two articles that say something else stay different.
    """
    if not markup.strip():
        return ""
    found: list[str] = []
    _spell(html.fragment_fromstring(markup, create_parent="div"), found)
    return " ".join("".join(found).replace("\xa0", " ").split())


def _spell(element: html.HtmlElement, found: list[str]) -> None:
    found.append(element.text or "")
    for child in element:
        attributes = "".join(f" {name}={value!r}" for name, value in sorted(child.attrib.items()))
        found.append(f"<{child.tag}{attributes}>")
        _spell(child, found)
        found.append(f"</{child.tag}>{child.tail or ''}")


def deviations(shown: Sequence[Entry], wanted: Sequence[Entry]) -> dict[str, dict[str, tuple[object, object]]]:
    """By field, and by the article's address: what the reader has, and what it should have."""
    found: dict[str, dict[str, tuple[object, object]]] = {}
    # Some keep no ids; they are told apart by the address.
    key = "id" if shown and shown[0].id is not None else "link"
    by_key = {getattr(entry, key): entry for entry in shown}
    for right in wanted:
        entry = by_key.pop(getattr(right, key), None)
        if entry is None:
            found.setdefault("missing", {})[right.link] = (None, right)
            continue
        for name in FIELDS:
            has, should = getattr(entry, name), getattr(right, name)
            if has is not None and has != should:
                found.setdefault(name, {})[right.link] = (has, should)
    for name, entry in by_key.items():
        found.setdefault("unknown", {})[str(name)] = (entry, None)
    return found


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
