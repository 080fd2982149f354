"""The address by which an article is compared: one spelling for all that lead to the same page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm|mtm|pk|hsa|piwik|matomo|itm|vero|oly|mkt|gad|guce|sc)_\w+|_(?:ga|gl|ke|hsenc|hsmi|openstat)"
    r"|fbclid|fb_(?:action_\w+|source|ref)|gclid|dclid|yclid|msclkid|twclid|ttclid|gbraid|wbraid|srsltid|igshid|igsh"
    r"|mc_[ce]id|wt_\w*zmc|wt[._]?mc|at_(?:medium|campaign|custom\d|link_\w+)|xtor|ref|ref_?src|ref_?url|trk|spm|s_?cid|cmp(?:id)?"
    r"|ocid|ncid|guccounter|phpsessid|jsessionid|amp|output_?type|amp_js_v|usqp",
    re.IGNORECASE,
)
_SENDER = re.compile(r"source|src|from|via|partner|medium|channel|output|feature", re.IGNORECASE)
_FEED_READER = re.compile(r"(?:rss|atom|feed|newsletter|e?-?mail|amp|share|emb_)[\w.-]*", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp)$", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp(?:/index\.html?)?/*$|(?<=/)amp/|\.amp(?=\.html?$|$)", re.IGNORECASE)
_AMP_VIEWER = re.compile(r"/amp/(?:s/)?(?P<rest>[^/]+\.[^/]+/.*)|/[cv]/(?:s/)?(?P<cached>[^/]+\.[^/]+/.*)")
_AMP_CACHES = (".cdn.ampproject.org", ".bing-amp.com", ".ampproject.net")
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")
_EDITIONS = frozenset({"www", "m", "mobile", "amp"})
_SAFE = "!$&'()*+,;=:@~-._"


def canonical_url(url: str) -> str:
    """The address by which an article is compared: without scheme, tracking, fragment, default port, final slash.

    Pages that exist in editions for telephones (``m.``, ``mobile.``) and for AMP have one.  It need not work in a
    browser, and two articles may share one: what it finds must still resemble.  Raises ValueError for what is no URL.
    """
    parts = urlsplit(_unwrapped(url))
    host = _host(parts.hostname or "")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _SESSION.sub("", parts.path)
    path = _INDEX.sub("/", _AMP_PATH.sub("", path)) or "/"
    query = urlencode(sorted(p for p in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(*p)))
    # The one kind of fragment that is not a place within a page: an address of a script's own (#!/article/7).
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(("", f"{host}{port}", quote(unquote(path), safe=f"/{_SAFE}").rstrip("/"), query, fragment))


def tells_apart(canonical: str) -> bool:
    """Whether a canonical address can be one article's: the front page of a site is every article's."""
    parts = urlsplit(canonical)
    return bool(parts.netloc and (parts.path.strip("/") or parts.query or parts.fragment))


def _unwrapped(url: str) -> str:
    """The page behind the viewer of an AMP cache."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _GOOGLE.fullmatch(host) or host.endswith(_AMP_CACHES):
        viewed = _AMP_VIEWER.fullmatch(parts.path)
        if viewed:
            host, _, path = str(viewed["rest"] or viewed["cached"]).partition("/")
            return urlunsplit(("https", host, path, parts.query, ""))
    return url


def _host(host: str) -> str:
    """Without the labels that name an edition; a domain of two labels stays whole (m.de, amp.dev)."""
    labels = host.lower().rstrip(".").split(".")
    registrable = 2
    while len(labels) > registrable and labels[0] in _EDITIONS:
        del labels[0]
    # As Wikipedia has it: de.m.wikipedia.org
    if len(labels) > registrable + 1 and labels[1] == "m":
        del labels[1]
    return ".".join(labels)


def _tracks(name: str, value: str) -> bool:
    return bool(_TRACKING.fullmatch(name) or (_SENDER.fullmatch(name) and _FEED_READER.fullmatch(value)))
