"""Mailboxes as header values (RFC 5322 section 3.4): display names, internationalised domains, no injection."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Sequence
from email.header import Header
from email.utils import parseaddr
from functools import lru_cache

from pipeline.errors import RenderError

_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_UNQUOTED = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*")
_NO_ADDRESS = re.compile(r"[\x00-\x20\x7f-\xa0<>(),;:\\\"\[\]\u2028\u2029\ud800-\udfff]")
# What most addresses and names are like; nothing is to be done for them, and there are millions.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_PLAIN_ADDRESSES = re.compile(rf"{_PLAIN_ADDRESS.pattern}(?:\n{_PLAIN_ADDRESS.pattern})*")
_PLAIN_NAME = re.compile(r"[\w'-]+(?: [\w'-]+)*")
_MISQUOTED = re.compile(r'[(),"\\<>]+')
_NOT_AN_ATOM = re.compile(r"[^\w !#$%&'*+\-/=?^_`{|}~]")
_NAME_LIMIT = 128
_ONE_WORD = 45
_ENCODED_WORD = "=?"


def one_line(text: str) -> str:
    """The text without anything that ends or breaks a header line, white space collapsed."""
    return " ".join(_BREAKING.sub(" ", text).split())


def ascii_domain(domain: str) -> str:
    """The domain as DNS has it: internationalised labels in their A-label form (RFC 5891)."""
    if domain.isascii():
        return domain
    import idna  # noqa: PLC0415 -- its tables cost 20 ms, and most domains are ASCII

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise RenderError("This is not a domain name.", where=domain) from error


def ascii_address(address: str) -> str:
    """The address with its domain in ASCII.  A local part beyond ASCII stays, and then needs SMTPUTF8 (RFC 6531).

    Raises `RenderError` for what can't stand in a header.
    """
    if _PLAIN_ADDRESS.fullmatch(address):
        return address
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _NO_ADDRESS.search(address):
        raise RenderError("This is not an e-mail address.", where=ascii(address))
    return f"{local}@{ascii_domain(domain)}"


def are_plain_addresses(lines: str) -> bool:
    """Whether each of these lines is an address that stays as it is, like most."""
    return _PLAIN_ADDRESSES.fullmatch(lines) is not None


def mailbox(name: str, address: str) -> str:
    """``name <address>`` as a header value: the name quoted or, beyond ASCII, as encoded words (RFC 2047)."""
    address = ascii_address(address)
    name = one_line(name)[:_NAME_LIMIT]
    if not name:
        return address
    if not name.isascii() or _ENCODED_WORD in name:
        return f"{_encoded_words(name)} <{address}>"
    if not _UNQUOTED.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"


def is_plain_name(name: str) -> bool:
    """Whether a display name can stand before an address just as it is, where names beyond ASCII can."""
    return _PLAIN_NAME.fullmatch(name) is not None and len(name) <= _NAME_LIMIT


def are_plain_names(names: Sequence[str]) -> bool:
    """Whether all of these are."""
    return _PLAIN_NAME.fullmatch(" ".join(names)) is not None and max(map(len, names)) <= _NAME_LIMIT


def readable_mailbox(name: str, address: str) -> str:
    """A mailbox for an API that encodes names beyond ASCII itself.

    Some misquote such a name when it holds one of ``( ) , " < >`` (django-anymail, issue 270), so these are left out.
    """
    if is_plain_name(name):
        return f"{name} <{ascii_address(address)}>"
    name = one_line(name)[:_NAME_LIMIT]
    if name.isascii():
        return mailbox(name, address)
    name = one_line(_MISQUOTED.sub(" ", name))
    address = ascii_address(address)
    return f'"{name}" <{address}>' if _NOT_AN_ATOM.search(name) else f"{name} <{address}>"


def _encoded_words(text: str) -> str:
    """RFC 2047; Header splits long text rightly, but for one word it takes longer than the rest of a message."""
    octets = text.encode("utf-8", "replace")
    if len(octets) <= _ONE_WORD:
        return f"=?utf-8?b?{b2a_base64(octets, newline=False).decode('ascii')}?="
    return Header(text, "utf-8", maxlinelen=75, header_name="Reply-To").encode(linesep="\r\n")


@lru_cache(maxsize=64)
def parse_mailbox(value: str) -> tuple[str, str]:
    """The display name and the address of a mailbox as people write it.  Raises `RenderError` if it is none."""
    name, address = parseaddr(one_line(value))
    if "@" not in address:
        raise RenderError(
            "This is not a sender.", where=value, mend='Write it as "Name <address@example.org>" or as an address.'
        )
    return name, address
