"""Articles by the API: read them, and send them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.app.pushing import Pushing
from pipeline.collect.sources.feed_content import NothingToShow
from pipeline.collect.sources.feed_entry import RawEntry, RawText
from pipeline.domain.api_token import Scope
from pipeline.domain.article import Article, ArticleId, Author, Enclosure, Picture
from pipeline.domain.selection import Selection
from pipeline.store.store import Store
from pipeline.web.api.entrance import not_found
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem, FieldProblem
from pipeline.web.api.values import Line, Model, Moment, Name, Paging, Topic, cursor_of, moment_and_number

LARGEST_ARTICLE = 2_000_000

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
    language: (
        Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None
    ) = None
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


def article_operations(store: Store, pushing: Pushing, changed: Callable[[], None]) -> list[Operation]:
    """What can be done about articles; ``changed`` is called when something has been."""
    desk = _Articles(store, pushing, changed)
    read, write = Scope.ARTICLES_READ, Scope.ARTICLES_WRITE
    return [
        Operation(
            name="list_articles",
            method="GET",
            path="/articles",
            summary="List articles, the newest first.",
            scope=read,
            query=ArticleQuery,
            answers={200: ArticlePage},
            handle=desk.page,
        ),
        Operation(
            name="push_article",
            method="POST",
            path="/articles",
            summary="Send an article in; one that was sent before under the same id is revised.",
            scope=write,
            body=ArticleIn,
            answers={201: ArticleWhole, 200: ArticleWhole},
            handle=desk.push,
            largest=LARGEST_ARTICLE,
        ),
        Operation(
            name="read_article",
            method="GET",
            path="/articles/{id}",
            summary="Read an article.",
            scope=read,
            answers={200: ArticleWhole},
            handle=desk.read,
        ),
        Operation(
            name="revise_article",
            method="PUT",
            path="/articles/{id}",
            summary="Revise an article that was sent in.",
            scope=write,
            body=ArticleText,
            answers={200: ArticleWhole},
            problems=(409,),
            handle=desk.revise,
            largest=LARGEST_ARTICLE,
        ),
        Operation(
            name="retract_article",
            method="DELETE",
            path="/articles/{id}",
            summary="Take an article back that was sent in.",
            scope=write,
            answers={204: None},
            problems=(409,),
            handle=desk.retract,
        ),
    ]


class _Articles:
    def __init__(self, store: Store, pushing: Pushing, changed: Callable[[], None]) -> None:
        self._store = store
        self._changed = changed
        self._pushing = pushing

    def page(self, call: Call[ArticleQuery, None]) -> Reply:
        asked = call.query
        chosen = Selection(topics=tuple(asked.topic), sources=tuple(asked.source))
        behind = moment_and_number(asked.cursor)
        found = self._store.listings.articles(limit=asked.limit + 1, behind=behind, chosen=chosen)
        page = found[: asked.limit]
        following = cursor_of(page[-1].published, page[-1].id) if len(found) > len(page) else None
        return Reply(body=ArticlePage(articles=[ArticleOut(**_facts(one)) for one in page], next=following))

    def read(self, call: Call[None, None]) -> Reply:
        return Reply(body=_whole(self._found(call.number)))

    def push(self, call: Call[None, ArticleIn]) -> Reply:
        sent = call.body
        if sent.source not in self._pushing.sources:
            known = ", ".join(self._pushing.sources) or "none is configured"
            wrong = FieldProblem(pointer="/source", detail=f"No source of the type push is called so ({known}).")
            raise ApiProblem(422, "source", "There is no such source to send articles to.", (wrong,))
        return self._send(sent.source, sent.id, sent, backlog=sent.backlog)

    def revise(self, call: Call[None, ArticleText]) -> Reply:
        (source, key), *_ = self._sent(call.number)
        return self._send(source, key, call.body)

    def retract(self, call: Call[None, None]) -> Reply:
        for source, key in self._sent(call.number):
            self._pushing.withdraw(source, key)
        self._changed()
        return Reply()

    def _send(self, source: str, key: str, sent: ArticleText, *, backlog: bool = False) -> Reply:
        try:
            pushed = self._pushing.push(source, key, _entry(key, sent), backlog=backlog)
        except NothingToShow as error:
            raise ApiProblem(422, "empty", f"There is no article in it: {error}.") from error
        if pushed.fate != "unchanged":
            self._changed()
        told = {"fate": pushed.fate, "notes": list(pushed.notes)}
        whole = _whole(self._found(pushed.article)).model_copy(update=told)
        return Reply(body=whole, status=201 if pushed.fate == "new" else 200)

    def _found(self, number: int) -> Article:
        found = self._store.articles.one(ArticleId(number))
        if found is None:
            raise not_found()
        return found

    def _sent(self, number: int) -> list[tuple[str, str]]:
        """Under which keys it was sent.  Raises `ApiProblem` where it came otherwise."""
        found = self._found(number)
        seen = self._store.articles.history(found.id).sightings
        sent = [(one.source, one.key) for one in seen if one.source in self._pushing.sources]
        if not sent:
            by = ", ".join(sorted({one.source for one in seen}))
            raise ApiProblem(409, "not-sent", f"It was not sent in: it comes from {by}, and is changed there.")
        return sent


def _entry(key: str, sent: ArticleText) -> RawEntry:
    body = RawText(value=sent.html, html=True) if sent.html else RawText(value=sent.text) if sent.text else None
    return RawEntry(
        id=key,
        link=sent.url,
        title=RawText(value=sent.title) if sent.title else None,
        content=body,
        summary=RawText(value=sent.summary) if sent.summary else None,
        published=sent.published.isoformat() if sent.published else None,
        updated=sent.updated.isoformat() if sent.updated else None,
        language=sent.language,
        authors=tuple(Author(name=one.name, url=one.url) for one in sent.authors),
        topics=tuple(sent.topics),
        pictures=(Picture(url=sent.picture.url, alt=sent.picture.alt),) if sent.picture else (),
        enclosures=tuple(
            Enclosure(url=one.url, media_type=one.media_type, length=one.length, title=one.title, duration=one.duration)
            for one in sent.enclosures
        ),
    )


def _facts(article: Article) -> dict[str, Any]:
    content = article.content
    return {
        "id": article.id,
        "public_id": article.public_id,
        "url": content.url,
        "title": content.title,
        "teaser": content.teaser,
        "language": content.language,
        "topics": list(content.topics),
        "sources": list(article.sources),
        "published": article.published,
        "updated": article.updated,
        "revision": article.revision,
        "release": article.release,
        "retracted": article.retracted,
    }


def _whole(article: Article) -> ArticleWhole:
    return ArticleWhole(**_facts(article), html=article.content.html)
