"""Which addresses a fetch may connect to: no URL or redirect of a stranger's leads into our own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.errors import InvalidSource

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# An address that counts as public and yet answers only to the machines beside it: Azure's host services.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254"))  # Azure, Alibaba, Amazon
)


class AddressRefused(InvalidSource):
    """The host's address is private, local, multicast or reserved."""

    code = "source-address-refused"


class Resolver(Protocol):
    """`socket.getaddrinfo`, or what stands in for it."""

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]: ...  # noqa: A002 - its name there


Connect = Callable[[socket.socket, tuple[str | int, ...]], None]
"""`socket.socket.connect`, or what stands in for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network as a process sees it."""

    resolve: Resolver = socket.getaddrinfo
    connect: Connect = socket.socket.connect


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to connect to: ``family`` and ``sockaddr`` as `socket.socket` takes them."""

    family: int
    sockaddr: tuple[str | int, ...]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet (IANA's special-purpose registries, RFC 6890).

    An address that carries an IPv4 one (IPv4-mapped, NAT64, 6to4) is as public as that is.
    """
    parsed = _parsed(address)
    if parsed is None or _never(parsed) or not parsed.is_global:
        return False
    return isinstance(parsed, ipaddress.IPv4Address) or parsed in _UNICAST


def is_private(address: str) -> bool:
    """Whether an IP address may be a service of our own network: private or this machine's.

    Not link-local ones, where clouds answer with a machine's credentials, and not multicast or reserved ones.
    """
    parsed = _parsed(address)
    return parsed is not None and not _never(parsed) and not is_public(address)


def endpoints(
    host: str, port: int, *, allow_private: bool = False, resolve: Resolver = socket.getaddrinfo
) -> list[Endpoint]:
    """Where ``host`` is, in the resolver's order; only public addresses, with ``allow_private`` private ones too.

    Connect to what this returns, never to the name again: it may resolve differently the second time.
    Raises `AddressRefused` where no address is left, OSError (`socket.gaierror`) where the name is not known.
    """
    answers = resolve(host, port, type=socket.SOCK_STREAM)
    found = [Endpoint(family, (str(to[0]), port, *to[2:])) for family, _, _, _, to in answers]
    allowed = [one for one in found if _allowed(str(one.sockaddr[0]), allow_private=allow_private)]
    if found and not allowed:
        address = str(found[0].sockaddr[0])
        mend = "If that is meant, give the source allow_private = true." if is_private(address) else ""
        raise AddressRefused(f"its host {host} is at {address}, which is not a public address.", mend=mend)
    return allowed


def _allowed(address: str, *, allow_private: bool) -> bool:
    return is_public(address) or (allow_private and is_private(address))


def _parsed(address: str) -> _IPAddress | None:
    """The address, or the IPv4 one that it carries."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    if parsed in _NAT64:
        return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or parsed


def _never(address: _IPAddress) -> bool:
    reserved = address.is_reserved and isinstance(address, ipaddress.IPv4Address)
    return address.is_link_local or address.is_multicast or address.is_unspecified or reserved or address in _METADATA
