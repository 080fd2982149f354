"""Tokens: the part of a link that says what it is for, and proves that we made it; and other things that we sign."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

UNSUBSCRIBE = "unsubscribe"
"""The number of a subscription."""
PREFERENCES = "preferences"
"""The same."""
CONFIRM = "confirm"
"""The number of a sign-up."""
PRIVATE_FEED = "private feed"
"""The number of a private feed."""

_MAC_SIZE = 16
_LONGEST_ID = 8
_KEY_ID_CHARACTERS = 2
_LONGEST = 4 * ((_LONGEST_ID + _MAC_SIZE + 2) // 3) + _KEY_ID_CHARACTERS
_SMALLEST_KEY = 16
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


class TokenKeys:
    """The key that tokens are made with, and older ones whose tokens are still good.

    A token is ``base64url(id ‖ HMAC-SHA256(key of the purpose, id)[:16]) ‖ key id``, some 26 characters of
    ``[A-Za-z0-9_-]``.  It never expires by itself: an unsubscribe link in an old mail must work.  The key id stands at
    the end and is hexadecimal, so that no mail program takes a trailing ``-`` or ``_`` for the end of the link.
    """

    def __init__(self, current: bytes, older: Sequence[bytes] = ()) -> None:
        """Raises ValueError for a key of less than 16 bytes."""
        for key in (current, *older):
            if len(key) < _SMALLEST_KEY:
                msg = f"a signing key has at least {_SMALLEST_KEY} bytes; this one has {len(key)}"
                raise ValueError(msg)
        self._current = current
        self._all = (current, *older)
        self._by_id: dict[str, list[bytes]] = {}
        for key in (current, *older):
            self._by_id.setdefault(_key_id(key), []).append(key)

    def make(self, purpose: str, number: int) -> str:
        """The token of a number for one purpose: the same at every call.  Raises ValueError if it is below 1."""
        return _token(self._current, purpose, number)

    def read(self, purpose: str, token: str) -> int | None:
        """The number that the token was made for, None if it wasn't made by us for this purpose."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        body, key_id = token[:-_KEY_ID_CHARACTERS], token[-_KEY_ID_CHARACTERS:]
        try:
            raw = binascii.a2b_base64(body.encode().translate(_FROM_URL) + b"=" * (-len(body) % 4))
        except binascii.Error:
            return None
        number = int.from_bytes(raw[:-_MAC_SIZE])
        if number < 1:
            return None
        # Made anew and compared whole, so that one number has exactly one spelling of its token.
        for key in self._by_id.get(key_id, ()):
            if hmac.compare_digest(_token(key, purpose, number), token):
                return number
        return None

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Keys for signatures of another form, each made of one of these: the current one, then the older ones."""
        return tuple(hmac.digest(key, b"rundbrief key 1: " + purpose.encode(), "sha256") for key in self._all)

    def sign(self, purpose: str, text: str) -> str:
        """The text with a signature: ``text.HMAC``, where the signature has no dot."""
        return f"{text}.{_signature(self._current, purpose, text)}"

    def signed(self, purpose: str, signed: str) -> str | None:
        """The text that was signed, None if it wasn't signed by us for this purpose."""
        text, _, signature = signed.rpartition(".")
        if not signature.isascii():
            return None
        known = [_signature(key, purpose, text) for keys in self._by_id.values() for key in keys]
        return text if any(hmac.compare_digest(one, signature) for one in known) else None

    def address_digests(self, address_key: str) -> tuple[str, ...]:
        """What stands for an address that is not kept: ``#`` and an HMAC.  The first is made with the current key."""
        keys = (self._current, *(key for keys in self._by_id.values() for key in keys if key != self._current))
        return tuple(f"#{_signature(key, 'address', address_key)}" for key in keys)


def _token(key: bytes, purpose: str, number: int) -> str:
    if number < 1:
        msg = f"nothing has the number {number}"
        raise ValueError(msg)
    signer = _signer(key, purpose)
    octets = number.to_bytes((number.bit_length() + 7) // 8)
    raw = binascii.b2a_base64(octets + signer.mac(octets)[:_MAC_SIZE], newline=False)
    return raw.translate(_TO_URL).rstrip(b"=").decode() + signer.key_id


def _signature(key: bytes, purpose: str, text: str) -> str:
    return _signer(key, f"text: {purpose}").mac(text.encode("utf-8", "surrogatepass")).hex()


class _Signer:
    """HMAC-SHA256 (RFC 2104) with the key of one purpose; ``key_id`` is that of the key it comes from.

    Its two hashes are begun once and copied: there are millions of tokens to make, and `hmac` takes twice as long.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        derived = hmac.digest(key, b"rundbrief token 1: " + purpose.encode(), "sha256")
        block = derived.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in block))
        self._outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in block))
        self.key_id = _key_id(key)

    def mac(self, octets: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(octets)
        outer.update(inner.digest())
        return outer.digest()


_signer = lru_cache(maxsize=64)(_Signer)


def _key_id(key: bytes) -> str:
    """Tells keys apart and tells nothing about them; two keys may share it."""
    return hashlib.sha256(b"rundbrief key id: " + key).hexdigest()[:_KEY_ID_CHARACTERS]
