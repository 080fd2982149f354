"""What a feed shows that may become a source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipeline.collect.candidates import Facts
from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.dates import parse_date
from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.sources.feed_document import root_of
from pipeline.collect.sources.feed_entry import RawEntry, RawFeed
from pipeline.collect.sources.feed_xml import parse_xml
from pipeline.collect.sources.jsonfeed import is_json, parse_json
from pipeline.errors import InvalidSource

_JUDGED = 10
_LONG = 1200
_TOO_EARLY = timedelta(days=1)
_CUT = re.compile(
    r"(?:…|\.\.\.|\[&hellip;\]|\[…\]|\[\.\.\.\]|»|→|"
    r"\b(?:read (?:more|on)|continue reading|more|weiterlesen|mehr(?: lesen)?|zum artikel|lire la suite))[\s.\]»→]*\Z",
    re.IGNORECASE,
)


def feed_facts(response: Response, now: datetime) -> Facts:
    """Read an RSS, Atom or JSON Feed document.  Raises `pipeline.errors.InvalidSource` where it is none."""
    where = shown_url(response.url)
    if is_json(response.body, response.content_type):
        return _facts(parse_json(response.body, where=where), "JSON Feed", now)
    form = root_of(response.body)
    if form in (None, "HTML"):
        raise InvalidSource("it is not a feed.", where=where)
    feed = parse_xml(response.body, url=response.url, charset=response.charset, where=where)
    return _facts(feed, form, now)


def _facts(feed: RawFeed, form: str, now: datetime) -> Facts:
    return Facts(
        form=form,
        title=clean_text(plain_text(feed.title or "")),
        entries=len(feed.entries),
        newest=_newest(feed, now),
        full_text=_full_text(feed.entries[:_JUDGED]),
        home=feed.home,
    )


def _newest(feed: RawFeed, now: datetime) -> datetime | None:
    dates = (parse_date(entry.published or entry.updated or "", UTC) for entry in feed.entries)
    return max((date for date in dates if date and date <= now + _TOO_EARLY), default=None)


def _full_text(entries: Iterable[RawEntry]) -> bool | None:
    """Whether most of the entries have their whole text; None where none has any."""
    judged = [_is_whole(entry) for entry in entries if entry.content]
    return sum(judged) * 2 > len(judged) if judged else None


def _is_whole(entry: RawEntry) -> bool:
    """A guess: a text that does not break off, and is long or has a summary beside it that is shorter."""
    if entry.content is None:
        return False
    text = _text(entry.content.value)
    if _CUT.search(text[-80:]):
        return False
    return len(text) >= _LONG or (entry.summary is not None and len(text) > len(_text(entry.summary.value)))


def _text(markup: str) -> str:
    return " ".join(plain_text(markup).split())
