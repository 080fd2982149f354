"""What could be a source: what was seen in it, and which is the best."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CandidateKind(StrEnum):
    """As the types of sources in the configuration are called."""

    WORDPRESS = "wordpress"
    FEED = "feed"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a document shows that was read to see whether it is a source.

    ``form`` is its format (``Atom``); ``entries`` is how many articles, or pages, it names; ``newest`` the latest of
    their dates, aware and in UTC.  ``full_text`` tells whether it has whole texts, or teasers only; None where it has
    no texts, or no entry to judge by.  ``home`` is the page that it says it belongs to, as written there.
    """

    form: str
    title: str = ""
    entries: int = 0
    newest: datetime | None = None
    full_text: bool | None = None
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source that was found and read.  ``found`` says where it was named; ``comments`` that it has those only."""

    kind: CandidateKind
    url: str
    found: str
    facts: Facts
    comments: bool = False


_COMMENTS_PATH = re.compile(r"comment|kommentar|/replies", re.IGNORECASE)
_COMMENTS_TITLE = re.compile(r"\b(comments?|kommentare?)\b[\s-]*(feed|rss|on|for|zu|für|auf)\b", re.IGNORECASE)
_ORDER = (CandidateKind.WORDPRESS, CandidateKind.FEED, CandidateKind.SITEMAP)


def is_comments(url: str, *titles: str) -> bool:
    """Whether a feed seems to hold comments instead of articles."""
    return bool(_COMMENTS_PATH.search(url)) or any(_COMMENTS_TITLE.search(title) for title in titles)


def ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The best first: WordPress's API, feeds with whole texts, other feeds, sitemaps; then what is empty, and comments.

    Those that are equally good stay in their order.
    """
    return tuple(sorted(candidates, key=_rank))


def _rank(candidate: Candidate) -> tuple[bool, bool, int, bool]:
    facts = candidate.facts
    return candidate.comments, not facts.entries, _ORDER.index(candidate.kind), not facts.full_text
