"""Links as sources write them, made absolute."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

from urllib3.util import parse_url

_EDGES = "".join(map(chr, range(0x21)))
_INSIDE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\t\r\n]")
_LONGEST = 8192
# What parse_url would give back as it is: most links, and all of those that were made absolute before.
_NORMAL = re.compile(
    r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?:/[\w~!$&'()*+,;=:@-][\w~!$&'()*+,;=:@.-]*)*/?"
    r"(?:\?[\w~!$&'()*+,;=:@/?.-]*)?(?:#[\w~!$&'()*+,;=:@/?.-]*)?",
    re.ASCII,
)
_WEB = frozenset({"http", "https"})
_LINK = _WEB | {"mailto", "tel"}


def web_url(raw: str, base: str | None = None) -> str | None:
    """The http or https URL that ``raw`` means, absolute and percent-encoded (RFC 3986); None where it is not one.

    White space and control characters are taken away as browsers do (WHATWG URL, 4.4); ``base`` is what a relative
    reference resolves against.  A host in another script becomes its ASCII form.
    """
    return _absolute(raw, base, _WEB)


def link_url(raw: str, base: str | None = None) -> str | None:
    """Like `web_url`, and mailto: and tel: are links too."""
    return _absolute(raw, base, _LINK)


def _absolute(raw: str, base: str | None, schemes: frozenset[str]) -> str | None:
    reference = _INSIDE.sub("", raw.strip(_EDGES))
    if not reference or len(reference) > _LONGEST:
        return None
    if _NORMAL.fullmatch(reference):
        return reference
    try:
        url = urljoin(base, reference) if base else reference
        parts = urlsplit(url)
        if parts.scheme not in schemes:
            return None
        if parts.scheme not in _WEB:
            return quote(url, safe="!#$%&'()*+,/:;=?@[]~") if parts.path.strip() else None
        return _normal(url) if parts.hostname else None
    except ValueError:
        # Brackets that are no IPv6 address, a port that is no number, a host that IDNA refuses: not a link.
        return None


def _normal(url: str) -> str:
    return parse_url(url).url
