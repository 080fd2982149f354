"""What subscribers ask of our hub (WebSub, 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

DEFAULT_LEASE = timedelta(days=10)
SHORTEST_LEASE = timedelta(minutes=5)
LONGEST_LEASE = timedelta(days=30)

LONGEST_ADDRESS = 2_000
_SECRET_BELOW = 200
_MOST_DIGITS = 12


class Mode(StrEnum):
    """What is asked, and what the callback is asked or told."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a subscription, or for its end, that nobody has confirmed yet.

    ``secret`` signs what is distributed.  ``network`` is where it came from, "" where that isn't known.
    """

    mode: Mode
    topic: str
    callback: str
    secret: str | None = None
    lease: timedelta = DEFAULT_LEASE
    network: str = ""

    @property
    def host(self) -> str:
        """The host (with its port) that a callback belongs to, which limits are counted by."""
        return host_of(self.callback)


class AskedWrongly(Exception):
    """The request breaks the protocol; the text is for the subscriber's developer."""


def read_asked(fields: Mapping[str, str], network: str = "") -> Asked:
    """What a form asks.  Fields that are not known are ignored.  Raises `AskedWrongly`."""
    mode = fields.get("hub.mode", "")
    if mode not in (Mode.SUBSCRIBE, Mode.UNSUBSCRIBE):
        raise AskedWrongly('hub.mode must be "subscribe" or "unsubscribe".')
    return Asked(
        mode=Mode(mode),
        topic=_address(fields, "hub.topic"),
        callback=_address(fields, "hub.callback"),
        secret=_secret(fields.get("hub.secret", "")),
        lease=_lease(fields.get("hub.lease_seconds", "")) if mode == Mode.SUBSCRIBE else DEFAULT_LEASE,
        network=network,
    )


def host_of(callback: str) -> str:
    parts = urlsplit(callback)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{(parts.hostname or '').rstrip('.')}:{port}"


def _address(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise AskedWrongly(f"{name} is missing.")
    if len(value) > LONGEST_ADDRESS:
        raise AskedWrongly(f"{name} is longer than {LONGEST_ADDRESS} characters.")
    # Only printable ASCII: the callback is called exactly as it is given, and that is all that a request line takes.
    wrong = AskedWrongly(f"{name} is no absolute http or https address.")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong from error
    if not host or parts.scheme not in ("http", "https") or not all("!" <= sign <= "~" for sign in value):
        raise wrong
    if "#" in value or parts.username is not None:
        raise AskedWrongly(f"{name} must have neither a fragment nor a user name.")
    return value


def _secret(value: str) -> str | None:
    if len(value.encode()) >= _SECRET_BELOW:
        raise AskedWrongly(f"hub.secret must be shorter than {_SECRET_BELOW} bytes.")
    if "\0" in value:
        raise AskedWrongly("hub.secret must not hold a NUL.")
    return value or None


def _lease(value: str) -> timedelta:
    """What is asked, within our bounds; the default where nothing is."""
    if not value:
        return DEFAULT_LEASE
    if not (value.isascii() and value.isdigit() and int(value[:_MOST_DIGITS])):
        raise AskedWrongly("hub.lease_seconds must be a positive whole number.")
    seconds = int(value) if len(value) <= _MOST_DIGITS else LONGEST_LEASE.total_seconds()
    return max(SHORTEST_LEASE, min(LONGEST_LEASE, timedelta(seconds=min(seconds, LONGEST_LEASE.total_seconds()))))
