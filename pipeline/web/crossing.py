"""Forms that another site's page sends."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from pipeline.web.site import WebSite


def is_from_elsewhere(request: Request, site: WebSite) -> bool:
    """Whether a browser says that a page of another site sent this.

    There are no cookies that it could misuse, since all that a link allows is in the link itself; but nobody should be
    led into pressing our buttons either.  What is no browser says nothing.  Pages that send no referrer send
    ``Origin: null``, our own among them: then only ``Sec-Fetch-Site`` tells (W3C Fetch Metadata).
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "cross-site"
    origin = request.headers.get("origin", "null")
    ours = urlsplit(site.url)
    return origin not in ("null", f"{ours.scheme}://{ours.netloc}")
