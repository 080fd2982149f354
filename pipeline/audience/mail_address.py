"""Addresses as people type them: checked by their form, normalised, and held against what the operator wants."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

# Whoever reads these did not ask for a newsletter: they are machines, or everybody who has duty.
_NEVER = frozenset({"abuse", "mailer-daemon", "no-reply", "noreply", "postmaster", "root", "spam"})
_ROLES = frozenset(
    """
    admin administrator billing contact datenschutz dataprotection dpo enquiries finance help helpdesk hostmaster hr
    info inquiries it jobs kontakt legal mail marketing media news newsletter office press presse privacy redaktion
    sales security service staff support sysadmin team tech usenet webmaster welcome
    """.split()  # noqa: SIM905  (a list of them would fill a page)
)
# The best known of those that give addresses away for minutes; lists of thousands go into `refused_domains_file`.
_DISPOSABLE = frozenset(
    """
    0-mail.com 10minutemail.com 10minutemail.net 20minutemail.com 33mail.com byom.de discard.email discardmail.com
    discardmail.de dispostable.com emailondeck.com fakeinbox.com getairmail.com getnada.com grr.la guerrillamail.biz
    guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org guerrillamailblock.com
    harakirimail.com inboxkitten.com incognitomail.org jetable.org kurzepost.de mail-temp.com mailcatch.com
    maildrop.cc mailinator.com mailinator.net mailnesia.com mailnull.com meltmail.com mintemail.com moakt.com
    mohmal.com mytemp.email nada.email objectmail.com proxymail.eu rcpt.at sharklasers.com spam4.me spambog.com
    spambog.de spamgourmet.com tempail.com tempinbox.com tempmail.com tempmail.net tempmailo.com temp-mail.org
    throwawaymail.com trash-mail.com trash-mail.de trashmail.com trashmail.de trashmail.net trbvm.com wegwerfemail.de
    wegwerfmail.de wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net
    """.split()  # noqa: SIM905  (likewise)
)
_LONGEST = 320
# What is before the @ in nearly all addresses, and is fine as it is; the others are looked at closely.
_PLAIN = re.compile(r"(?=[^@]{1,64}\Z)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*", re.ASCII).fullmatch
_PLAIN_LENGTH = 200


class AddressFault(StrEnum):
    """Why an address can't be signed up."""

    INVALID = "invalid"
    LETTERS = "letters"
    """It has letters before the @ that most mail servers don't take."""
    ROLE = "role"
    REFUSED = "refused"


class UnusableAddress(ValueError):
    """It can't be used; the text says in English what is wrong with its form."""

    def __init__(self, fault: AddressFault, what: str = "") -> None:
        super().__init__(what)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """Which addresses the operator wants.  ``refused_domains`` are in ASCII, and take in what is below them."""

    roles: bool = True
    disposable: bool = False
    refused_domains: frozenset[str] = field(default_factory=frozenset)

    def check(self, address: str) -> None:
        """Raises `UnusableAddress` for a normalised address that the operator doesn't want."""
        local, _, domain = address.lower().rpartition("@")
        name = local.partition("+")[0]
        if name in _NEVER or (not self.roles and name in _ROLES):
            raise UnusableAddress(AddressFault.ROLE)
        labels = domain.split(".")
        domains = {".".join(labels[index:]) for index in range(len(labels))}
        refused = self.refused_domains if self.disposable else self.refused_domains | _DISPOSABLE
        if not domains.isdisjoint(refused):
            raise UnusableAddress(AddressFault.REFUSED)


def normalised(text: str) -> str:
    """The address with its domain in lower case and in ASCII (IDNA), and the local part as it is; DNS is not asked.

    Raises `UnusableAddress`.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  (loads slowly)

    local, at, domain = text.rpartition("@")
    if at and len(text) <= _PLAIN_LENGTH and _PLAIN(local) and (known := _usual_domain(domain)):
        return f"{local}@{known}"
    if len(text) > _LONGEST:
        raise UnusableAddress(AddressFault.INVALID, "It is too long.")
    try:
        # test_environment lets `.test` pass, which is as good as the `example.org` that is allowed anyway.
        valid = validate_email(text, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError as error:
        raise UnusableAddress(AddressFault.INVALID, str(error)) from error
    if valid.ascii_email is None:
        raise UnusableAddress(AddressFault.LETTERS)
    return f"{valid.ascii_local_part}@{valid.ascii_domain}"


@lru_cache(maxsize=10_000)
def _usual_domain(domain: str) -> str | None:
    """The domain as it is normalised, None for one that can't be used: lists have few, and a look at one costs most."""
    try:
        return normalised(f"A.B@{domain}").partition("@")[2]
    except UnusableAddress:
        return None


def readable(address: str) -> str:
    """The address as its owner writes it: an internationalised domain in letters."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    import idna  # noqa: PLC0415  (its tables load slowly)

    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return address
