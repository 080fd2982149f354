"""Articles by the API: read them, and send them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.app.pushing import Pushing
from pipeline.collect.sources.feed_content import NothingToShow
from pipeline.collect.sources.feed_entry import RawEntry, RawText
from pipeline.domain.api_token import Scope
from pipeline.domain.article import Article, ArticleId, Author, Enclosure, Picture
from pipeline.domain.selection import Selection
from pipeline.store.store import Store
from pipeline.web.api.article_models import ArticleIn, ArticleOut, ArticlePage, ArticleQuery, ArticleText, ArticleWhole
from pipeline.web.api.entrance import not_found
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem, FieldProblem
from pipeline.web.api.values import cursor_of, moment_and_number

LARGEST_ARTICLE = 2_000_000


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
