from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audience.mail_address import AddressFault, AddressPolicy, UnusableAddress, normalised, readable


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("anna@example.org", "anna@example.org"),
        ("Anna.B+news@Example.ORG", "Anna.B+news@example.org"),
        ("o'hara@example.ie", "o'hara@example.ie"),
        ("post@müller.de", "post@xn--mller-kva.de"),
        ("post@MÜLLER.de", "post@xn--mller-kva.de"),
        ("иван@xn--e1afmkfd.xn--p1ai", None),
        ("post@пример.рф", "post@xn--e1afmkfd.xn--p1ai"),
        ("a@b", None),
        ("anna@example", None),
        ("anna@@example.org", None),
        ("anna@example.org\r\nBcc: ben@example.org", None),
        ("anna@example.org\n", None),
        ("“anna”@example.org", None),
        ("anna@exa mple.org", None),
        ("Anna <anna@example.org>", None),
        ("anna@[127.0.0.1]", None),
        ("a" * 400 + "@example.org", None),
        ("", None),
    ],
)
def test_an_address_is_normalised_or_refused(typed: str, address: str | None) -> None:
    if address is None:
        with pytest.raises(UnusableAddress):
            normalised(typed)
    else:
        assert normalised(typed) == address
        assert normalised(address) == address


@given(st.text(max_size=80))
def test_whatever_is_typed_is_an_address_on_one_line_or_none(typed: str) -> None:
    try:
        address = normalised(typed)
    except UnusableAddress:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address


def test_an_internationalised_domain_is_shown_in_letters() -> None:
    assert readable("post@xn--mller-kva.de") == "post@müller.de"
    assert readable("post@xn--------.de") == "post@xn--------.de"


@pytest.mark.parametrize(
    ("address", "policy", "fault"),
    [
        ("info@example.org", AddressPolicy(), None),
        ("info@example.org", AddressPolicy(roles=False), AddressFault.ROLE),
        ("Info+news@example.org", AddressPolicy(roles=False), AddressFault.ROLE),
        ("informatik@example.org", AddressPolicy(roles=False), None),
        ("postmaster@example.org", AddressPolicy(), AddressFault.ROLE),
        ("abuse@example.org", AddressPolicy(), AddressFault.ROLE),
        ("anna@mailinator.com", AddressPolicy(), AddressFault.REFUSED),
        ("anna@x.mailinator.com", AddressPolicy(), AddressFault.REFUSED),
        ("anna@notmailinator.com", AddressPolicy(), None),
        ("anna@mailinator.com", AddressPolicy(disposable=True), None),
        ("anna@sub.example.org", AddressPolicy(refused_domains=frozenset({"example.org"})), AddressFault.REFUSED),
        ("anna@example.org.net", AddressPolicy(refused_domains=frozenset({"example.org"})), None),
    ],
)
def test_the_operator_decides_which_addresses_are_wanted(
    address: str, policy: AddressPolicy, fault: AddressFault | None
) -> None:
    if fault is None:
        policy.check(address)
    else:
        with pytest.raises(UnusableAddress) as caught:
            policy.check(address)
        assert caught.value.fault is fault


PARTS = st.from_regex(r"[A-Za-z0-9_+.-]{1,70}|info|INFO|postmaster|Webmaster", fullmatch=True)
DOMAINS = st.sampled_from(
    [
        "example.org",
        "EXAMPLE.Org",
        "bücher.example",
        "xn--bcher-kva.example",
        "localhost",
        "a..b",
        "x.test",
        "-a.de",
        "",
    ]
) | st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True)


@settings(deadline=None, max_examples=300)
@given(local=PARTS, domain=DOMAINS)
def test_plain_addresses_are_taken_as_the_library_takes_them(local: str, domain: str) -> None:
    try:
        valid = validate_email(f"{local}@{domain}", check_deliverability=False, strict=True, test_environment=True)
        wanted: str | None = f"{valid.ascii_local_part}@{valid.ascii_domain}"
    except EmailNotValidError:
        wanted = None
    try:
        found: str | None = normalised(f"{local}@{domain}")
    except UnusableAddress:
        found = None
    assert found == wanted
