"""Which article a sighting belongs to, and whether it says something new.

A source's key (guid, path) decides first; then what else the article is recognised by: its id where that is a URI, its
address, what it says.  What two items of one answer share identifies neither; and whatever is found must resemble the
sighting, so that an address that is used again does not swallow the article that was there before.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from pipeline.domain.article import ArticleId, Content, as_json
from pipeline.domain.canonical import canonical_url, tells_apart
from pipeline.domain.resemblance import another_day, fingerprint_of, identical, letters, resembles, said

_URI = re.compile(
    r"(https?://[^\s/]+\S*|tag:[^\s,]+,\d{4}[^\s:]*:\S+|urn:[a-z0-9][a-z0-9-]+:\S+)", re.IGNORECASE | re.ASCII
)
_ESCAPE = re.compile(r"%.{0,2}")
_WRITTEN = re.compile(r"%[0-9A-F]{2}")
_NEEDLESS = frozenset(f"{ord(sign):02X}" for sign in string.ascii_letters + string.digits + "-._~")
_USUAL_PORT = re.compile(r"^http://.*:(?:80)?$|^https://.*:(?:443)?$")
_FUTURE = timedelta(days=1)
_MOST = {"title": 1000, "teaser": 5000, "topics": 100, "authors": 100, "enclosures": 100}
_LONGEST_TOPIC = 200
_LONGEST_NAME = 600
_SAID = tuple(one.name for one in fields(Content) if one.name != "text_from")
# What has none keeps the digest that it had before there was such a field.
_LATER = ("origin", "comments_feed")


class AliasKind(StrEnum):
    """By what else than a source's key an article is recognised; the surest first."""

    ENTRY = "entry"
    """What one source said: title, text and date."""
    ID = "id"
    """A key that is a tag: or urn: URI, which is the same in all sources."""
    URL = "url"
    FINGERPRINT = "fingerprint"
    """Title and text, where there is enough of it."""


Alias = tuple[AliasKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article that the store has: its newest content with its hash, and whether it is retracted.

    ``keys`` are those under which sources show it, as ``(source, key)``.  ``lead`` is the one whose words its content
    is; None where that source shows it no longer, so that the next may lead.
    """

    article: ArticleId
    content: Content
    content_hash: str
    retracted: bool
    keys: frozenset[tuple[str, str]]
    lead: tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sighting means.  ``article`` is None for a new one.

    ``content`` is what counts of it, and ``revised`` tells that it is new: never for a source that only follows.
    ``returned`` tells that the article was retracted.  ``reason`` says in a few words by what it was recognised.
    """

    article: ArticleId | None
    content: Content
    reason: str
    revised: bool = False
    returned: bool = False


def content_hash(content: Content) -> str:
    """A digest of all that readers see; the source's own "updated" alone makes no revision."""
    # Readers don't see where a text was taken from.
    said = {name: getattr(content, name) for name in _SAID} | {"updated": None}
    for name in _LATER:
        if said[name] is None:
            del said[name]
    seen = json.dumps(said, default=as_json, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()


def aliases(source: str, key: str, content: Content) -> tuple[Alias, ...]:
    """By what this content is recognised when its key is not known, the surest first."""
    files = [file.url for file in content.enclosures]
    text = letters(content.html)
    words = json.dumps([source, said(content.title), text, str(content.published or content.url), files])
    found: list[Alias] = [(AliasKind.ENTRY, hashlib.sha256(words.encode()).hexdigest())]
    named = bool(_URI.fullmatch(key))
    if named and not key.lower().startswith("http"):
        found.append((AliasKind.ID, key))
    for address in (content.url, key if named and key.lower().startswith("http") else None):
        if address and (alias := (AliasKind.URL, _canonical(address)))[1] and alias not in found:
            found.append(alias)
    if digest := fingerprint_of(content.title, text):
        found.append((AliasKind.FINGERPRINT, digest))
    return tuple((kind, _compact(value)) for kind, value in found)


def url_alias(address: str) -> Alias | None:
    """By what an article at this address is recognised; None where that is no article's address."""
    canonical = _canonical(address)
    return (AliasKind.URL, _compact(canonical)) if canonical else None


def _compact(value: str) -> str:
    """The value, or a digest of one that is too long for an index of PostgreSQL."""
    return value if len(value) <= _LONGEST_NAME else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def _canonical(address: str) -> str:
    """The canonical address, empty where it is none, or that of a whole site."""
    try:
        canonical = canonical_url(address)
    except ValueError:
        return ""
    return canonical if tells_apart(canonical) else ""


def identify(
    source: str,
    key: str,
    content: Content,
    *,
    by_key: Known | None,
    by_alias: Callable[[Alias], Known | None],
    present: Collection[str],
    trusted: bool = False,
    names: Sequence[Alias] = (),
) -> Verdict:
    """Decide.  ``present`` holds the keys of the source's whole answer; ``names`` are the content's `aliases`.

    ``trusted`` tells that its keys and dates are set by hand and always right, as a file's path and front matter: a
    feed's may be used for another article, or move with each build.
    """
    names = names or aliases(source, key, content)
    known, reason = by_key, "its key"
    if by_key is not None and not trusted:
        same_words = by_alias(names[0])
        if same_words and not _taken(same_words, source, key, present) and not identical(by_key.content, content):
            known, reason = same_words, "its words"
        elif _contradicts(by_key, source, key, content):
            known = None
    if known is None:
        known, reason = _recognised(source, key, content, names, by_key, by_alias, present)
    if known is None:
        return Verdict(article=None, content=content, reason=reason)
    counts = content if trusted else _without_churn(content, known.content)
    return Verdict(
        article=known.article,
        content=counts,
        reason=reason,
        revised=_leads(known, source, key, present) and known.content_hash != content_hash(counts),
        returned=known.retracted,
    )


def _recognised(
    source: str,
    key: str,
    content: Content,
    names: Sequence[Alias],
    refused: Known | None,
    by_alias: Callable[[Alias], Known | None],
    present: Collection[str],
) -> tuple[Known | None, str]:
    for alias in names:
        known = by_alias(alias)
        if known is None or (refused and known.article == refused.article):
            continue
        if _taken(known, source, key, present):
            # Twice in one answer, in every letter and with one address: one article; else the source tells them apart.
            accepted = alias[0] is AliasKind.URL and identical(known.content, content)
        elif alias[0] is AliasKind.FINGERPRINT:
            # A reminder that says the same each week is not last week's.
            accepted = not another_day(known.content, content)
        else:
            same_page = alias[0] is AliasKind.URL
            accepted = alias[0] is AliasKind.ENTRY or resembles(known.content, content, same_page=same_page)
        if accepted:
            return known, f"its {alias[0]}"
    return None, "nothing that is known" if refused is None else "its key, which another article had"


def _contradicts(known: Known, source: str, key: str, content: Content) -> bool:
    """Whether a key was given to another article: where the address is another too, or the key had been given up."""
    moved = bool(known.content.url and content.url) and _canonical(known.content.url or "") != _canonical(
        content.url or ""
    )
    given_up = not known.retracted and (source, key) not in known.keys
    return (moved or given_up) and not resembles(known.content, content, same_page=False)


def _taken(known: Known, source: str, key: str, present: Collection[str]) -> bool:
    """Whether another item of the same answer is this article already."""
    return any(other != key and other in present for by, other in known.keys if by == source)


def _leads(known: Known, source: str, key: str, present: Collection[str]) -> bool:
    """Whether this source's words count: the first that showed an article leads for as long as it shows it."""
    if known.lead is None:
        return True
    leader, its_key = known.lead
    return leader == source and (its_key == key or its_key not in present)


def _without_churn(content: Content, known: Content) -> Content:
    """The content with the date and the address that were given first, where the new ones are no better.

    A date that only moves on would bring up an old article as new; an address that differs in its tracking alone, or in
    its edition, would make a revision of each poll.
    """
    if known.published and content.published and content.published > known.published:
        content = replace(content, published=known.published, updated=content.updated or content.published)
    if known.url and content.url and known.url != content.url and len(content.url) >= len(known.url):
        same_scheme = known.url.partition(":")[0] == content.url.partition(":")[0]
        if same_scheme and _canonical(known.url) and _canonical(known.url) == _canonical(content.url):
            content = replace(content, url=known.url)
    return content


def public_id(host: str, source: str, key: str, content: Content, now: datetime) -> str:
    """The id that readers will know the article by: the source's own where it is a URI, else a tag URI (RFC 4151).

    It can be worked out anew from the source, so that a store that was lost does not show everything twice.
    """
    if _URI.fullmatch(key) and _is_canonical(key):
        return key
    day = (content.published or now).date().isoformat()
    # A percent sign would be encoded twice, and readers differ in whether they undo that once or twice.
    name = quote(key, safe="/") if "%" not in key else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    return f"tag:{host},{day}:{quote(source)}/{name}"


def _is_canonical(uri: str) -> bool:
    """Whether the URI is spelled as RFC 3986 (6.2.2) would have it, so that every reader compares it alike."""
    scheme, _, rest = uri.partition(":")
    if not scheme.islower() or rest.count("#") > 1 or not all(map(_is_needed, _ESCAPE.findall(uri))):
        return False
    if not rest.startswith("//"):
        return True
    host, slash, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    usual = host == host.lower() and not _USUAL_PORT.search(f"{scheme}://{host}")
    return bool(slash) and usual and {".", ".."}.isdisjoint(path.split("/"))


def _is_needed(escape: str) -> bool:
    """Whether a %XX is in capitals and stands for a character that can't be written itself."""
    return bool(_WRITTEN.fullmatch(escape)) and escape[1:] not in _NEEDLESS


def believable(content: Content, now: datetime) -> tuple[Content, tuple[str, ...]]:
    """The content without what can't be meant, and a note for each.

    That is a date in the future, with which the article would stay on top, and more than any article has of a title,
    a teaser, topics, authors and enclosures.
    """
    late = [name for name in ("published", "updated") if (when := getattr(content, name)) and when > now + _FUTURE]
    notes = tuple(
        f"{name} lies in the future ({getattr(content, name).isoformat()}) and was not believed" for name in late
    )
    if any(len(getattr(content, name)) > most for name, most in _MOST.items()):
        notes = (*notes, "it has more of a title, teaser, topics, authors or enclosures than is kept")
    believed = replace(
        content,
        title=_shortened(content.title, _MOST["title"]),
        teaser=_shortened(content.teaser, _MOST["teaser"]),
        topics=tuple(_shortened(topic, _LONGEST_TOPIC) for topic in content.topics[: _MOST["topics"]]),
        authors=content.authors[: _MOST["authors"]],
        enclosures=content.enclosures[: _MOST["enclosures"]],
        published=None if "published" in late else content.published,
        updated=None if "updated" in late else content.updated,
    )
    return believed, notes


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
