"""What the domain name system says of the domains that newsletters are mailed from: SPF, DKIM, DMARC, MX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipeline.doctor.examined import Examined
from pipeline.errors import Problem

_SELECTORS = {
    "mailgun": ("mailo", "k1", "pic", "smtp", "mx", "mg", "email"),
    "sendgrid": ("s1", "s2"),
    "brevo": ("mail", "brevo1", "brevo2"),
    "resend": ("resend",),
    "mailjet": ("mailjet",),
    "mailersend": ("mlsend", "mlsend2"),
    "mandrill": ("mandrill", "mte1", "mte2"),
    "postmark": ("pm",),
    "smtp2go": ("s2g",),
}
_USUAL = ("default", "mail", "dkim", "selector1", "selector2", "k1", "google", "s1")
"""DKIM can't be asked for without the selector; these are the usual ones."""


class Lookup(Protocol):
    """Texts of a name's records, [] where there are none.  Raises LookupError where nobody answers."""

    def __call__(self, name: str, kind: str) -> Sequence[str]: ...


def system_lookup(name: str, kind: str) -> Sequence[str]:
    """By the machine's own resolver."""
    import dns.exception  # noqa: PLC0415  (loads slowly)
    import dns.resolver  # noqa: PLC0415

    try:
        answer = dns.resolver.resolve(name, kind, lifetime=5.0, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise LookupError(str(error) or type(error).__name__) from error
    if kind != "TXT":
        return [str(record) for record in answer]
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def sender_domain(domain: str, providers: Sequence[str], lookup: Lookup) -> Examined:
    """What mailbox providers want of a domain that mails in bulk.  ``providers`` are the types that carry its mail."""
    what = f"DNS of {domain}"
    try:
        found = list(_examined(domain, providers, lookup))
    except LookupError as error:
        text = f"Nobody answers: {error}"
        return Examined(what=what, warnings=(Problem(code="dns", where=domain, what=text, mend="Try again later."),))
    errors = tuple(problem for wrong, problem in found if wrong)
    return Examined(what=what, problems=errors, warnings=tuple(problem for wrong, problem in found if not wrong))


def _examined(domain: str, providers: Sequence[str], lookup: Lookup) -> Iterator[tuple[bool, Problem]]:
    """Each with whether it keeps mail from arriving."""
    spf = [text for text in lookup(domain, "TXT") if text.lower().startswith("v=spf1")]
    if len(spf) > 1:
        text = f"It has {len(spf)} SPF records; with more than one, none counts."
        yield True, Problem(code="dns-spf", where=domain, what=text, mend="Join them to one.")
    elif not spf:
        mend = "Enter what your provider names, unless it uses an envelope address of another domain."
        yield False, Problem(code="dns-spf", where=domain, what="It has no SPF record.", mend=mend)
    elif spf[0].lower().rstrip().endswith("+all"):
        text = "Its SPF record lets everybody mail for it (+all)."
        yield True, Problem(code="dns-spf", where=domain, what=text, mend="End it with ~all or -all.")
    yield from _dmarc(domain, lookup)
    selectors = dict.fromkeys([*(one for name in providers for one in _SELECTORS.get(name, ())), *_USUAL])
    if not any(_has_key(f"{selector}._domainkey.{domain}", lookup) for selector in selectors):
        text = "No DKIM key was found under the usual selectors."
        mend = "Look into a message that arrived for “dkim=pass” with this domain; without it, mail lands in spam."
        yield False, Problem(code="dns-dkim", where=domain, what=text, mend=mend)
    if not lookup(domain, "MX") and not lookup(domain, "A") and not lookup(domain, "AAAA"):
        text = "Mail to it can't arrive: it has neither MX nor address."
        mend = "Replies get lost, and some refuse senders that can't be answered. Enter an MX record."
        yield True, Problem(code="dns-mx", where=domain, what=text, mend=mend)


def _dmarc(domain: str, lookup: Lookup) -> Iterator[tuple[bool, Problem]]:
    """RFC 7489: the record of the domain, else that of one above it."""
    labels = domain.split(".")
    for first in range(len(labels) - 1):
        name = "_dmarc." + ".".join(labels[first:])
        found = [text for text in lookup(name, "TXT") if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) == 1:
            tags = {
                key.strip().lower(): value.strip().lower()
                for key, _, value in (tag.partition("=") for tag in found[0].split(";"))
            }
            if "p" not in tags:
                yield (
                    True,
                    Problem(code="dns-dmarc", where=name, what="It has no policy (p=).", mend="Add p=none at least."),
                )
            return
        if found:
            text = f"There are {len(found)} DMARC records; with more than one, none counts."
            yield True, Problem(code="dns-dmarc", where=name, what=text, mend="Leave one.")
            return
    mend = f"Enter “v=DMARC1; p=none” as TXT of _dmarc.{domain}: Gmail and Yahoo refuse bulk mail without it."
    yield True, Problem(code="dns-dmarc", where=domain, what="There is no DMARC record.", mend=mend)


def _has_key(name: str, lookup: Lookup) -> bool:
    """A CNAME to the provider's key is followed by the resolver."""
    return any("p=" in text for text in lookup(name, "TXT"))
