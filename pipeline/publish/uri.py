"""Addresses as formats want them: URIs (RFC 3986) made from what may be IRIs (RFC 3987)."""

from __future__ import annotations

import re
from urllib.parse import quote

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!#$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})+")
_WEB_ADDRESS = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RESERVED = "%!#$&'()*+,/:;=?@~"


def to_uri(iri: str) -> str:
    """The same address in ASCII: percent-encoded once, its host in punycode.  ValueError if there is none in it."""
    iri = iri.strip()
    if _URI.fullmatch(iri):
        return iri
    iri = _STRAY_PERCENT.sub("%25", iri)
    scheme = iri.partition(":")[0].lower()
    if scheme in ("http", "https"):
        from urllib3.util import parse_url  # noqa: PLC0415  rarely needed, and slow to import

        return parse_url(iri).url
    uri = quote(iri, safe=_RESERVED)
    if not _URI.fullmatch(uri):
        raise ValueError(f"{iri!r} is not an absolute URI")
    return uri


def to_web_address(iri: str) -> str:
    """`to_uri` for what readers open: http and https only."""
    uri = to_uri(iri)
    if not _WEB_ADDRESS.match(uri):
        raise ValueError(f"{iri!r} is not an http or https address")
    return uri
