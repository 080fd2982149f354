"""Whether two addresses of sources are the same."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_HTTP, _HTTPS = 80, 443


def url_key(url: str) -> str:
    """The form by which the addresses of sources are compared: without scheme, www., utm_ parameters, final slash.

    Not that of articles: what counts no further there (``?output=rss``, ``m.``) may lead to another feed.  What is no
    URL is as it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").removeprefix("www.")
    place = host if port in (None, _HTTP, _HTTPS) else f"{host}:{port}"
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith("utm_")]
    return urlunsplit(("", place, parts.path.rstrip("/"), urlencode(sorted(query)), ""))


def same_site(url: str, other: str) -> bool:
    """Whether two URLs are of one host, or one's host is a part of the other's: www., blog."""
    hosts = [(urlsplit(one).hostname or "").removeprefix("www.") for one in (url, other)]
    shorter, longer = sorted(hosts, key=len)
    return bool(shorter) and (longer == shorter or longer.endswith(f".{shorter}"))
