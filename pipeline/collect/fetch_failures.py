"""What a fetch that failed says to people: where, why, and never a secret."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from urllib3.exceptions import DecodeError, HTTPError, NameResolutionError

from pipeline.errors import InvalidSource, SourceError, SourceGone, SourceUnavailable

_MENDS = {
    HTTPStatus.UNAUTHORIZED: "It wants a login: check the source's url.",
    HTTPStatus.FORBIDDEN: "It refuses us: ask its owner, or check the source's url.",
    HTTPStatus.NOT_FOUND: "Check the source's url.",
    HTTPStatus.TOO_MANY_REQUESTS: "Ask it less often.",
}
_CAUSES = {
    errno.ECONNREFUSED: "the connection was refused.",
    errno.ENETUNREACH: "there is no way to its network.",
    errno.EHOSTUNREACH: "there is no way to its host.",
}


def shown_url(url: str) -> str:
    """``url`` as it may be shown: without credentials, and with what its query holds left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that can't be read"
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{shown}?…" if parts.query else shown


def refused(status: int, where: str, retry_after: timedelta | None) -> SourceError:
    """The error for an answer that is neither content, nor "not modified", nor a redirect."""
    try:
        phrase = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        phrase = ""
    what = f"the server answers {status}{phrase}."
    if status == HTTPStatus.GONE:
        return SourceGone(what, where=where, mend="The source has ended: take it out of the configuration.")
    mend = next((text for code, text in _MENDS.items() if code == status), "")
    return SourceUnavailable(what, where=where, mend=mend, retry_after=retry_after, status=status)


def unreachable(error: Exception, where: str, seconds: float) -> SourceError:
    """The error for an exchange that broke off: no name, no connection, no valid certificate, no end in time."""
    causes = list(_causes(error))
    if _has(causes, DecodeError):
        what = "the answer's content can't be decompressed."
        return InvalidSource(what, where=where, mend="The server's compression is broken: tell its owner.")
    mend = ""
    if _has(causes, NameResolutionError):
        what, mend = "the host's name can't be resolved.", "Check the source's url and this machine's DNS."
    elif invalid := next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None):
        what = f"the server's certificate isn't valid: {invalid.verify_message}."
        mend = "Tell its owner, or use the address that the certificate is for."
    elif _has(causes, TimeoutError):
        what = f"no complete answer within {seconds:g} seconds."
    elif _has(causes, ssl.SSLError):
        what = "no encrypted connection (TLS) can be agreed on."
    else:
        known = (_CAUSES[cause.errno] for cause in causes if isinstance(cause, OSError) and cause.errno in _CAUSES)
        what = next(known, "the connection broke off before the answer was complete.")
    return SourceUnavailable(what, where=where, mend=mend)


def _has(causes: Sequence[BaseException], kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised for; requests and urllib3 keep that in three places."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        if isinstance(cause, HTTPError | OSError):
            waiting += cause.args
