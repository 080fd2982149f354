"""What a document's form finds in it, before anything is cleaned or resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from pipeline.domain.article import Author, Enclosure, Picture
from pipeline.errors import PipelineError


class InvalidDocument(PipelineError):
    """One document can't be read; the others can."""

    code = "document-invalid"


class Metadata(TypedDict, total=False):
    """What is said about an article.  A missing key: nothing is said; an empty value: there is none.

    The text itself, its front matter and its sidecar each give one; a later one overrides an earlier one key by key.
    URLs may be relative.  ``published`` and ``updated`` are as written.  ``picture_description`` as a bool tells
    whether the text's first paragraph is one (plain text only).
    """

    title: str
    url: str
    language: str
    authors: tuple[Author, ...]
    topics: tuple[str, ...]
    teaser: str
    picture: Picture | None
    picture_description: str | bool
    published: str
    updated: str
    enclosures: tuple[Enclosure, ...]
    comments_url: str
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document read by its form.

    ``html`` is neither clean nor are its links absolute; they are relative to ``base`` where the document names one.
    ``dropped`` are lines that belonged to the page and not to the article.
    """

    found: Metadata
    html: str
    base: str | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
