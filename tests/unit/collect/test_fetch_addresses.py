from __future__ import annotations

import socket

import pytest

from pipeline.collect.addresses import AddressRefused, Endpoint, endpoints, is_private, is_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::254", "fec0::1"]
PRIVATE += ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "198.18.0.1", "192.0.2.1", "2001:db8::1", "::7f00:1"]
NEVER = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "224.0.0.1"]
NEVER += [
    "ff02::1",
    "0.0.0.0",  # noqa: S104
    "::",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "fd00:ec2::254",
    "",
    "host",
    "1.2.3",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)
    assert not is_private(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert is_private(address)
    assert not is_public(address)


@pytest.mark.parametrize("address", NEVER)
def test_addresses_that_nothing_is_fetched_from(address: str) -> None:
    assert not is_public(address)
    assert not is_private(address)


def resolver(*addresses: str) -> object:
    def resolve(host: str, port: int, *, type: int) -> list[tuple[object, ...]]:  # noqa: A002
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in addresses]

    return resolve


def test_of_several_addresses_only_the_public_ones_are_connected_to() -> None:
    resolve = resolver("10.0.0.1", "8.8.8.8", "127.0.0.1")
    assert endpoints("h.example", 80, resolve=resolve) == [Endpoint(socket.AF_INET, ("8.8.8.8", 80))]  # type: ignore[arg-type]


def test_with_private_ones_allowed_the_order_stays() -> None:
    found = endpoints("h.example", 80, allow_private=True, resolve=resolver("10.0.0.1", "169.254.1.1", "8.8.8.8"))  # type: ignore[arg-type]
    assert [endpoint.sockaddr[0] for endpoint in found] == ["10.0.0.1", "8.8.8.8"]


def test_the_refusal_names_the_address_and_the_mend() -> None:
    with pytest.raises(AddressRefused, match=r"h\.example is at 10\.0\.0\.1.*allow_private = true") as caught:
        endpoints("h.example", 80, resolve=resolver("10.0.0.1"))  # type: ignore[arg-type]
    assert caught.value.code == "source-address-refused"
