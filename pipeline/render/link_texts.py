"""Links whose text is an address: it must be that of the site they lead to, else they look like fraud."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_WHOLE = re.compile(r"\bhttps?://([\w.-]+)", re.IGNORECASE)
_BARE = re.compile(r"((?:[\w-]+\.)+[^\W\d_]{2,})(?::\d+)?(?:[/?#]\S*)?")
# "Node.js" and "README.md" are no addresses, though some of these are top level domains, too.
_FILES = frozenset({"js", "md", "py", "rs", "sh", "ts", "txt", "html", "pdf", "json", "toml", "yaml", "csv", "xml"})
# Under these a name is registered below two letters of a country: news.co.uk.
_SHARED = frozenset({"ac", "co", "com", "edu", "gov", "gv", "go", "ne", "net", "or", "org"})
_COUNTRY = 2


def misleading(text: str, address: str) -> tuple[str, str] | None:
    """The site that a link's text names, and the one that it leads to, where these are not the same."""
    said, led = _said(text.strip()), _host(address)
    if not said or not led or _site(said) == _site(led):
        return None
    return said, led


def _said(text: str) -> str:
    """The host that a text names: by a whole address in it, or by being nothing but an address."""
    if found := _WHOLE.search(text):
        return _host(f"https://{found[1]}")
    found = _BARE.fullmatch(text)
    if not found:
        return ""
    by_path = text.lower().startswith("www.") or "/" in text
    return "" if found[1].rpartition(".")[2].lower() in _FILES and not by_path else _host(f"https://{found[1]}")


def _host(address: str) -> str:
    """The host of a web address in ASCII; "" for another address, or one that can't be read."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return ""


def _site(host: str) -> str:
    """The name that somebody registered, as far as can be told without a list of all suffixes."""
    labels = host.split(".")
    if len(labels) > _COUNTRY and len(labels[-1]) == _COUNTRY and labels[-2] in _SHARED:
        return ".".join(labels[-3:])
    return host if labels[-1].isdigit() else ".".join(labels[-2:])
