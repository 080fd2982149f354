"""Who posts to a webhook: shared secrets and signatures, compared in constant time, within a window of time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.deliver.event import NotGenuine, Once, Posted

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

Check = Callable[[Posted, datetime], Once | None]
"""Raises `NotGenuine` for a request that isn't surely the provider's."""

_AHEAD = timedelta(minutes=5)
_LONGEST_HEADER = 8_192


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare in a time that tells nothing."""
    left, right = (part.encode("utf-8", "replace") if isinstance(part, str) else part for part in (one, other))
    return hmac.compare_digest(left, right)


def header(posted: Posted, name: str) -> str:
    """Raises `NotGenuine` where it is missing."""
    value = posted.headers.get(name, "").strip()
    if not value or len(value) > _LONGEST_HEADER:
        raise NotGenuine(f"no {name}")
    return value


def require_fresh(seconds: str, now: datetime, window: timedelta) -> datetime:
    """The time that a request was signed at.  Raises `NotGenuine` for one outside of the window."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):  # noqa: PLR2004  (the year 5138)
        raise NotGenuine("no time")
    signed = datetime.fromtimestamp(int(seconds), UTC)
    if not now - window <= signed <= now + min(_AHEAD, window):
        raise NotGenuine("too old, or from the future")
    return signed


def decoded(text: str) -> bytes:
    """Of base64.  Raises `NotGenuine`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotGenuine("no base64") from error


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def shared_secret(secret: str) -> Check:
    """The secret as the last part of the address, as a Bearer token, or as the password (or ``user:password``)."""

    def check(posted: Posted, _now: datetime) -> None:
        kind, _, given = posted.headers.get("authorization", "").strip().partition(" ")
        offered = [posted.token]
        if kind.lower() == "bearer":
            offered.append(given.strip())
        elif kind.lower() == "basic":
            try:
                login = base64.b64decode(given, validate=True)
            except (binascii.Error, ValueError):
                login = b""
            offered += [login.decode("utf-8", "replace"), login.partition(b":")[2].decode("utf-8", "replace")]
        # All are compared, so that the time tells nothing of how it was offered.
        if not any([same(one, secret) for one in offered]):  # noqa: C419
            raise NotGenuine("no secret")

    return check


def public_key(text: str) -> PublicKeyTypes:
    """A public key as PEM, or as its base64 alone.  Raises ValueError."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key  # noqa: PLC0415

    if "BEGIN" in text:
        return load_pem_public_key(text.encode())
    return load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
