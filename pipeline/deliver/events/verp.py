"""Envelope addresses that say whose mail a bounce is about (VERP), signed so that nobody can make one up."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.domain.ledger import IssueId, SubscriberId

_MAC_SIZE = 10
_LONGEST_LOCAL = 64  # RFC 5321, section 4.5.3.1.1
_LONGEST_TOKEN = 44
_MARK = "b-"


class Addressed(NamedTuple):
    """The delivery that an envelope address was made for."""

    issue: IssueId
    subscriber: SubscriberId


class Verp:
    """Addresses ``LOCAL+b-TOKEN@DOMAIN`` for the mailbox ``LOCAL@DOMAIN``.

    The token is the issue's number, the subscriber's and a MAC of both, in base32: some servers write local parts in
    small letters.  ``keys`` are the current one and older ones, whose addresses are still good.
    Raises ValueError for an address to which no token can be added.
    """

    def __init__(self, address: str, keys: Sequence[bytes]) -> None:
        local, at, domain = address.rpartition("@")
        if not (local and at and domain):
            raise ValueError("it is no address")
        if len(local) + len("+" + _MARK) + _LONGEST_TOKEN > _LONGEST_LOCAL:
            raise ValueError(
                f"what stands before its @ is longer than {_LONGEST_LOCAL - _LONGEST_TOKEN - 3} characters"
            )
        self._before, self._after = f"{local}+{_MARK}", f"@{domain}"
        self._keys = tuple(keys)

    def sender(self, issue: IssueId, subscriber: SubscriberId) -> str:
        """Where the bounces of a delivery go."""
        return f"{self._before}{_token(self._keys[0], issue, subscriber)}{self._after}"

    def read(self, address: str) -> Addressed | None:
        """The delivery that one of our addresses was made for; None for any other."""
        found = address.strip().lower()
        before, after = self._before.lower(), self._after.lower()
        if not (found.startswith(before) and found.endswith(after)):
            return None
        token = found[len(before) : len(found) - len(after)]
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            return None
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except binascii.Error:
            return None
        size = raw[0] if raw else 0
        issue, subscriber = raw[1 : 1 + size], raw[1 + size : -_MAC_SIZE]
        one = Addressed(IssueId(int.from_bytes(issue)), SubscriberId(int.from_bytes(subscriber)))
        # Made anew and compared whole, so that a delivery has one spelling of its token.
        good = [hmac.compare_digest(_token(key, *one), token) for key in self._keys] if issue and subscriber else []
        return one if any(good) else None


def _token(key: bytes, issue: IssueId, subscriber: SubscriberId) -> str:
    one, other = (number.to_bytes(max(1, (number.bit_length() + 7) // 8)) for number in (issue, subscriber))
    content = bytes([len(one)]) + one + other
    raw = content + hmac.digest(key, content, "sha256")[:_MAC_SIZE]
    return base64.b32encode(raw).decode().rstrip("=").lower()
