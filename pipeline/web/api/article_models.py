"""Articles as requests and answers of the API have them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.web.api.values import Language, Line, Model, Moment, Name, Paging, Topic

_Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^https?://\S+$")]
_Key = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Text = Annotated[str, StringConstraints(max_length=1_500_000)]


class AuthorIn(Model):
    """Somebody who wrote an article."""

    name: Line
    url: _Url | None = None


class PictureIn(Model):
    """The article's picture, and what it shows for those who don't see it."""

    url: _Url
    alt: Line = ""


class EnclosureIn(Model):
    """A media file of the article; ``length`` in bytes, ``duration`` in seconds."""

    url: _Url
    media_type: Annotated[str, StringConstraints(max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$")]
    length: int | None = Field(default=None, ge=0, le=2**53 - 1)
    title: Line | None = None
    duration: int | None = Field(default=None, ge=0, le=10**7)


class ArticleText(Model):
    """What an article says.  HTML is cleaned, as that of every source is."""

    title: Line = ""
    url: _Url | None = Field(default=None, description="Its own page; without one it gets a page of ours.")
    html: _Text | None = Field(default=None, description="Its text as HTML; or `text`.")
    text: _Text | None = Field(default=None, description="Its text without markup; an empty line makes a paragraph.")
    summary: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    language: Language | None = None
    topics: Annotated[list[Topic], Field(max_length=100)] = Field(default=[])
    authors: Annotated[list[AuthorIn], Field(max_length=50)] = Field(default=[])
    picture: PictureIn | None = None
    enclosures: Annotated[list[EnclosureIn], Field(max_length=50)] = Field(default=[])
    published: Moment | None = None
    updated: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ArticleText:
        if self.html is not None and self.text is not None:
            msg = "give html or text, not both"
            raise ValueError(msg)
        if not (self.title or self.html or self.text):
            msg = "an article has a title or a text"
            raise ValueError(msg)
        return self


class ArticleIn(ArticleText):
    """An article that is sent in."""

    source: Name = Field(description="The name of a source of the type `push`.")
    id: _Key = Field(description="Your system's own name for it: what is sent again under it is the same article.")
    backlog: bool = Field(default=False, description="An old one: it goes to the feeds, and not to mail.")


class ArticleOut(Model):
    """An article as it stands."""

    id: int
    public_id: str = Field(description="Its id in feeds; it never changes.")
    url: str | None
    title: str
    teaser: str
    language: str | None
    topics: list[str]
    sources: list[str]
    published: Moment
    updated: Moment
    revision: int
    release: int | None = Field(description="The number that mail goes by; null while it is not released.")
    retracted: Moment | None


class ArticleWhole(ArticleOut):
    """An article with its text."""

    html: str
    fate: Literal["new", "revised", "unchanged"] | None = Field(
        default=None, description="What came of sending it; null where it was only read."
    )
    notes: list[str] = Field(default=[], description="What was odd about it, though it could be read.")


class ArticlePage(Model):
    """Articles, the newest first; ``next`` is the cursor of what follows, null at the end."""

    articles: list[ArticleOut]
    next: str | None


class ArticleQuery(Paging):
    """Which articles."""

    topic: list[Topic] = Field(default=[], max_length=20, description="Only those with one of these topics.")
    source: list[Name] = Field(default=[], max_length=20, description="Only those that one of these sources shows.")
