"""Which article a sighting belongs to, and whether it says something new.

A source's key (guid, path) decides first; then the article's address; then what it says.  An address or a text that
two items of one answer share does not identify either of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pipeline.domain.article import ArticleId, Content

_TRACKING = re.compile(
    r"(utm_|mtm_|pk_|hsa_)\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|_hs(enc|mi)|wt_\w*zmc|ref_?src"
)
_URI = re.compile(
    r"(https?://[^\s/]+\S*|tag:[^\s,]+,\d{4}[^\s:]*:\S+|urn:[a-z0-9][a-z0-9-]+:\S+)", re.IGNORECASE | re.ASCII
)
_FUTURE = timedelta(days=1)
_SHORT = 200


class AliasKind(StrEnum):
    """By what else than a source's key an article is recognised."""

    URL = "url"
    FINGERPRINT = "fingerprint"


Alias = tuple[AliasKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article that the store has: its newest content hash, whether it is retracted, and its keys by source."""

    article: ArticleId
    content_hash: str
    retracted: bool
    keys: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sighting means.  ``article`` is None for a new one; ``revised`` tells that there is new content."""

    article: ArticleId | None
    revised: bool = False
    returned: bool = False


def canonical_url(url: str) -> str:
    """The address by which an article is compared: without scheme, tracking, fragment, default port, final slash."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode(
        sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(k))
    )
    return urlunsplit(("", f"{host}{port}", parts.path.rstrip("/"), query, ""))


def fingerprint(content: Content) -> str | None:
    """A digest of title and text, None where there is too little text to tell one article from another."""
    text = " ".join(re.sub(r"<[^>]*>", " ", content.html).split())
    if len(text) < _SHORT:
        return None
    return hashlib.sha256(f"{content.title.casefold()}\0{text.casefold()}".encode()).hexdigest()


def content_hash(content: Content) -> str:
    """A digest of all that readers see; the source's own "updated" alone makes no revision."""
    seen = json.dumps(
        asdict(replace(content, updated=None)), default=datetime.isoformat, sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()


def aliases(content: Content) -> tuple[Alias, ...]:
    """By what this content is recognised when its key is not known, the surest first."""
    found: list[Alias] = []
    if content.url and urlsplit(content.url).path.strip("/"):
        found.append((AliasKind.URL, canonical_url(content.url)))
    if digest := fingerprint(content):
        found.append((AliasKind.FINGERPRINT, digest))
    return tuple(found)


def identify(
    source: str,
    key: str,
    content: Content,
    *,
    by_key: Known | None,
    by_alias: Callable[[Alias], Known | None],
    present: Collection[str],
) -> Verdict:
    """Decide.  ``present`` holds the keys of the source's whole answer.

    An article that another item of the same answer already is can't be this one as well, however alike they look.
    """
    known = by_key or next(
        (k for alias in aliases(content) if (k := by_alias(alias)) and not _taken(k, source, key, present)), None
    )
    if known is None:
        return Verdict(article=None)
    return Verdict(article=known.article, revised=known.content_hash != content_hash(content), returned=known.retracted)


def _taken(known: Known, source: str, key: str, present: Collection[str]) -> bool:
    return any(other != key and other in present for by, other in known.keys if by == source)


def public_id(host: str, source: str, key: str, content: Content, now: datetime) -> str:
    """The id that readers will know the article by: the source's own where it is a URI, else a tag URI (RFC 4151).

    It can be worked out anew from the source, so that a store that was lost does not show everything twice.
    """
    if _URI.fullmatch(key):
        return key
    day = (content.published or now).date().isoformat()
    return f"tag:{host},{day}:{quote(source)}/{quote(key, safe='/')}"


def believable(content: Content, now: datetime) -> tuple[Content, tuple[str, ...]]:
    """The content without dates that lie in the future, and a note for each: such an article would stay on top."""
    late = [name for name in ("published", "updated") if (when := getattr(content, name)) and when > now + _FUTURE]
    notes = tuple(
        f"{name} lies in the future ({getattr(content, name).isoformat()}) and was not believed" for name in late
    )
    believed = replace(
        content,
        published=None if "published" in late else content.published,
        updated=None if "updated" in late else content.updated,
    )
    return believed, notes
