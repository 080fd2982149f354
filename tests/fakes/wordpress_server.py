"""A web server on loopback that behaves like a WordPress site: its page, REST API and feed.

After WordPress 6: wp-includes/rest-api (pagination, errors, ``_fields``, ``_embed``) and wp-includes/feed-rss2.php.
Posts are kept in the site's local time as WordPress does, which is what ``modified_after`` compares.
"""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

_MOST_PER_PAGE = 100
_IN_FEED = 10
_ORDERS = frozenset({"date", "id", "modified", "title", "include", "slug"})


@dataclass(kw_only=True)
class Post:
    """A post as the database has it; times in UTC."""

    id: int
    title: str
    content: str
    date: datetime
    modified: datetime
    guid: str
    excerpt: str | None = None
    status: str = "publish"
    password: str = ""
    author: int = 1
    categories: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    featured_media: int = 0
    comment_status: str = "open"

    @property
    def slug(self) -> str:
        return f"post-{self.id}"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def light(self) -> bool:
        """Whether no text was asked for."""
        return "title" not in self.query.get("_fields", "title")


class RestError(Exception):
    """What the REST API answers instead."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status}}


@dataclass
class Switches:
    """How the site is set up, and what goes wrong on it."""

    prefix: str = "/wp-json/"
    plain_permalinks: bool = False
    link_header: bool = True
    link_element: bool = True
    api: str = "on"
    """``on``; ``no route`` (404), ``login`` (401), ``refused`` (403), ``page`` (HTML with 200)."""
    feed: bool = True
    home: int = 200
    total_header: bool = True
    modified_after: str = "6"
    """``6`` understands it, ``ignored`` as before WordPress 5.7, ``refused`` with 400."""
    users: bool = True
    notices: bool = False
    breaks_on: frozenset[int] = frozenset()
    """Posts whose text can't be rendered: 500."""
    too_slow_above: int | None = None
    """More posts with their texts at once than this: 504."""
    limit: int | None = None
    """After so many requests to the API: 429, with a Retry-After of 120 seconds."""
    hidden: frozenset[int] = frozenset()
    """Posts that a plugin takes out of the answers, though they are counted."""
    before_each: Callable[[int], None] | None = None
    """Called with the number of each request to the API before it is answered."""


class WordPressServer:
    """``with WordPressServer() as site:``; ``site.url`` is its front page."""

    def __init__(self, zone: str = "Europe/Berlin") -> None:
        self.zone = ZoneInfo(zone)
        self.switches = Switches()
        self.posts: dict[int, Post] = {}
        self.terms: dict[int, tuple[str, str]] = {}
        self.media: dict[int, dict[str, Any]] = {}
        self.authors: dict[int, dict[str, Any]] = {1: {"name": "Anna Arndt", "url": "https://anna.example.org/"}}
        self.requests: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                parts = urlsplit(self.path)
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
                with suppress(ConnectionError):
                    site._answer(self, asked)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    @property
    def root(self) -> str:
        return f"{self.url}?rest_route=/" if self.switches.plain_permalinks else self.url[:-1] + self.switches.prefix

    @property
    def api_requests(self) -> list[Asked]:
        return [asked for asked in self.requests if asked.path.endswith("/wp/v2/posts") or "rest_route" in asked.query]

    # ---- what editors do

    def publish(self, title: str, at: datetime, content: str = "", **more: Any) -> Post:
        id_ = max(self.posts, default=0) + 1
        text = content or f"<p>{title}: der erste Absatz, der von sich aus lang genug ist, um ein Anriss zu sein.</p>"
        values = {"modified": at, "guid": f"{self.url}?p={id_}", **more}
        post = Post(id=id_, title=title, content=text, date=at, **values)
        self.posts[id_] = post
        return post

    def edit(self, post: Post, at: datetime, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(post, name, value)
        post.modified = at

    def trash(self, post: Post) -> None:
        post.status = "trash"

    def term(self, taxonomy: str, name: str) -> int:
        """A category or tag; the name as the database has it, which is HTML."""
        id_ = len(self.terms) + 1
        self.terms[id_] = (taxonomy, name)
        return id_

    def picture(self, file: str, alt: str, width: int, height: int) -> int:
        id_ = 1000 + len(self.media)
        self.media[id_] = {
            "id": id_,
            "media_type": "image",
            "mime_type": "image/jpeg",
            "source_url": f"{self.url}wp-content/uploads/{file}",
            "alt_text": alt,
            "media_details": {"width": width, "height": height},
        }
        return id_

    def link(self, post: Post) -> str:
        return f"{self.url}{post.date:%Y/%m}/{post.slug}/"

    # ---- what visitors get

    def _answer(self, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        self.requests.append(asked)
        if self._is_api(asked):
            self._answer_api(handler, asked)
        elif asked.path == "/feed/" or asked.query.get("feed") == "rss2":
            body = self._feed().encode() if self.switches.feed else b"gone"
            link = {"Link": f'<{self.root}>; rel="https://api.w.org/"'} if self.switches.link_header else {}
            _send(handler, 200 if self.switches.feed else 404, body, {"Content-Type": "application/rss+xml", **link})
        elif asked.path == "/" and not asked.query:
            link = {"Link": f'<{self.root}>; rel="https://api.w.org/"'} if self.switches.link_header else {}
            _send(handler, self.switches.home, self._home().encode(), {"Content-Type": "text/html", **link})
        else:
            _send(handler, 404, b"<!DOCTYPE html><title>404</title>", {"Content-Type": "text/html"})

    def _is_api(self, asked: Asked) -> bool:
        if self.switches.plain_permalinks:
            return asked.path == "/" and "rest_route" in asked.query
        return asked.path.startswith(self.switches.prefix) or (asked.path == "/" and "rest_route" in asked.query)

    def _home(self) -> str:
        link = f'<link rel="https://api.w.org/" href="{self.root}" />' if self.switches.link_element else ""
        return (
            f'<!DOCTYPE html><html lang="de"><head><title>Blog</title>{link}'
            f'<link rel="alternate" type="application/rss+xml" title="Blog &raquo; Feed" href="{self.url}feed/" />'
            f'<link rel="alternate" type="application/rss+xml" title="Kommentare" href="{self.url}comments/feed/" />'
            "</head><body><p>Hallo</body></html>"
        )

    def _answer_api(self, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        switches = self.switches
        number = len(self.api_requests)
        if switches.before_each:
            switches.before_each(number)
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        try:
            if switches.limit is not None and number > switches.limit:
                _send(handler, 429, b"slow down", {"Retry-After": "120"})
                return
            if switches.api == "page":
                _send(handler, 200, b"<!DOCTYPE html><title>Blog</title>", {"Content-Type": "text/html"})
                return
            self._refuse()
            records, total, pages = self._posts(asked.query)
        except RestError as error:
            _send(handler, error.status, json.dumps(error.body).encode(), kind)
            return
        counts = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)} if switches.total_header else {}
        notice = b"<br />\n<b>Warning</b>: Undefined variable $x in <b>/srv/plugin.php</b><br />\n"
        body = (notice if switches.notices else b"") + json.dumps(records).encode()
        _send(handler, 200, body, {**kind, **counts, "Link": f'<{self.root}>; rel="https://api.w.org/"'})

    def _refuse(self) -> None:
        refusals = {
            "no route": (404, "rest_no_route", "No route was found matching the URL and request method."),
            "login": (401, "rest_not_logged_in", "You are not currently logged in."),
            "refused": (403, "rest_forbidden", "The REST API is restricted."),
        }
        if self.switches.api in refusals:
            raise RestError(*refusals[self.switches.api])

    def _posts(self, query: Mapping[str, str]) -> tuple[list[dict[str, Any]], int, int]:
        per_page, page = _whole(query, "per_page", 10), _whole(query, "page", 1)
        orderby, order = query.get("orderby", "date"), query.get("order", "desc")
        if not 1 <= per_page <= _MOST_PER_PAGE or page < 1 or orderby not in _ORDERS or order not in {"asc", "desc"}:
            raise RestError(400, "rest_invalid_param", "Invalid parameter(s)")
        if query.get("status", "publish") != "publish":
            raise RestError(400, "rest_invalid_param", "Status is forbidden.")
        found = [post for post in self.posts.values() if post.status == "publish"]
        if "include" in query:
            wanted = {int(id_) for id_ in query["include"].split(",")}
            found = [post for post in found if post.id in wanted]
        if "after" in query:
            found = [post for post in found if self._local(post.date) > self._asked_time(query["after"])]
        if "modified_after" in query and self.switches.modified_after == "refused":
            raise RestError(400, "rest_invalid_param", "Invalid parameter(s): modified_after")
        if "modified_after" in query and self.switches.modified_after != "ignored":
            moment = self._asked_time(query["modified_after"])
            found = [post for post in found if self._local(post.modified) > moment]
        keys: dict[str, Callable[[Post], Any]] = {
            "date": lambda post: self._local(post.date),
            "modified": lambda post: self._local(post.modified),
            "title": lambda post: post.title,
            "slug": lambda post: post.slug,
        }
        found.sort(key=keys.get(orderby, lambda post: post.id), reverse=order == "desc")
        total, pages = len(found), -(-len(found) // per_page)
        if page > pages and total:
            raise RestError(
                400, "rest_post_invalid_page_number", "The page number requested is larger than the number of pages."
            )
        shown = [post for post in found[(page - 1) * per_page : page * per_page] if post.id not in self.switches.hidden]
        return self._records(shown, query), total, pages

    def _records(self, posts: Sequence[Post], query: Mapping[str, str]) -> list[dict[str, Any]]:
        fields = query["_fields"].split(",") if "_fields" in query else None
        if fields is None or "content" in fields:
            if any(post.id in self.switches.breaks_on for post in posts):
                raise RestError(500, "internal_server_error", "There has been a critical error on this website.")
            if self.switches.too_slow_above is not None and len(posts) > self.switches.too_slow_above:
                raise RestError(504, "timeout", "Gateway Time-out")
        embed = query.get("_embed")
        return [self._record(post, fields, None if embed is None else embed.split(",")) for post in posts]

    def _record(self, post: Post, fields: list[str] | None, embed: list[str] | None) -> dict[str, Any]:
        protected = bool(post.password)
        record: dict[str, Any] = {
            "id": post.id,
            "date": self._local(post.date),
            "date_gmt": _gmt(post.date),
            "guid": {"rendered": post.guid},
            "modified": self._local(post.modified),
            "modified_gmt": _gmt(post.modified),
            "slug": post.slug,
            "status": post.status,
            "type": "post",
            "link": self.link(post),
            "title": {"rendered": f"Geschützt: {post.title}" if protected else post.title},
            "content": {"rendered": "" if protected else f"\n{post.content}\n", "protected": protected},
            "excerpt": {"rendered": "" if protected else f"{self._excerpt(post)}\n", "protected": protected},
            "author": post.author,
            "featured_media": post.featured_media,
            "comment_status": post.comment_status,
            "ping_status": "closed",
            "sticky": False,
            "template": "",
            "format": "standard",
            "meta": [],
            "categories": list(post.categories),
            "tags": list(post.tags),
            "_links": {"self": [{"href": f"{self.root}wp/v2/posts/{post.id}"}]},
        }
        embeds = self._embedded(post)
        chosen = {name: embeds[name] for name in embeds if embed is not None and (not embed[0] or name in embed)}
        if fields is not None:
            record = _filtered(record, fields)
        if chosen and (fields is None or {"_links", "_embedded"} <= set(fields)):
            record["_embedded"] = chosen
        return record

    def _embedded(self, post: Post) -> dict[str, Any]:
        hidden = {"code": "rest_user_invalid_id", "message": "Invalid user ID.", "data": {"status": 404}}
        author = {"id": post.author, "link": f"{self.url}author/{post.author}/", **self.authors[post.author]}
        embedded: dict[str, Any] = {"author": [author if self.switches.users else hidden]}
        if post.featured_media:
            gone = {"code": "rest_forbidden", "message": "Sorry, you are not allowed to do that.", "data": {}}
            embedded["wp:featuredmedia"] = [self.media.get(post.featured_media, gone)]
        embedded["wp:term"] = [
            [{"id": id_, "taxonomy": self.terms[id_][0], "name": self.terms[id_][1]} for id_ in ids]
            for ids in (post.categories, post.tags)
        ]
        return embedded

    def _excerpt(self, post: Post) -> str:
        """The author's own, else the first 55 words, with the theme's link behind them."""
        if post.excerpt is not None:
            return f"<p>{post.excerpt}</p>"
        words = html.unescape(" ".join(_without_tags(post.content).split())).split()
        if len(words) <= 55:
            return f"<p>{html.escape(' '.join(words), quote=False)}</p>"
        start = html.escape(" ".join(words[:55]), quote=False)
        return f'<p>{start} [&hellip;] <a class="more-link" href="{self.link(post)}">Weiterlesen</a></p>'

    def _feed(self) -> str:
        published = [post for post in self.posts.values() if post.status == "publish"]
        newest = sorted(published, key=lambda post: post.date, reverse=True)[:_IN_FEED]
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel><title>Blog</title><link>{self.url}</link><language>de</language>"
            "<generator>https://wordpress.org/?v=6.5.3</generator>"
            f"{''.join(map(self._item, newest))}</channel></rss>"
        )

    def _item(self, post: Post) -> str:
        terms = "".join(
            f"<category><![CDATA[{html.unescape(self.terms[id_][1])}]]></category>"
            for id_ in (*post.categories, *post.tags)
        )
        return (
            f"<item><title>{post.title}</title><link>{self.link(post)}</link>"
            f"<comments>{self.link(post)}#comments</comments>"
            f"<dc:creator><![CDATA[{self.authors[post.author]['name']}]]></dc:creator>"
            f"<pubDate>{format_datetime(post.date)}</pubDate>{terms}"
            f'<guid isPermaLink="false">{escape(html.unescape(post.guid))}</guid>'
            f"<description><![CDATA[{self._excerpt(post)}]]></description>"
            f"<content:encoded><![CDATA[{post.content}]]></content:encoded></item>"
        )

    def _local(self, moment: datetime) -> str:
        return _written(moment, self.zone)

    def _asked_time(self, value: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise RestError(400, "rest_invalid_param", "Invalid date.") from error
        return self._local(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))


def _gmt(moment: datetime) -> str:
    return _written(moment, UTC)


@lru_cache(10_000)
def _written(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdigit():
        raise RestError(400, "rest_invalid_param", f"Invalid parameter(s): {name}")
    return int(value)


def _filtered(record: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """``_fields``, which may name what is inside another."""
    chosen: dict[str, Any] = {}
    for name in fields:
        outer, _, inner = name.partition(".")
        if outer in record:
            if inner:
                chosen.setdefault(outer, {})[inner] = record[outer].get(inner)
            else:
                chosen[outer] = record[outer]
    return chosen


def _without_tags(markup: str) -> str:
    text, inside = [], False
    for character in markup:
        if character == "<":
            inside = True
        elif character == ">":
            inside = False
            text.append(" ")
        elif not inside:
            text.append(character)
    return "".join(text)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)
