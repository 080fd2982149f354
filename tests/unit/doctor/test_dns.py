"""What the domain name system says of a sender's domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.doctor.dns import Lookup, sender_domain

GOOD = {
    ("news.example.org", "TXT"): ["v=spf1 include:mailgun.org ~all", "something=else"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@example.org"],
    ("k1._domainkey.news.example.org", "TXT"): ["k=rsa; p=MIGf"],
    ("news.example.org", "MX"): ["10 mx.example.org."],
}


def zone(**changed: Sequence[str]) -> Lookup:
    records: Mapping[tuple[str, str], Sequence[str]] = GOOD | {
        (name.replace("__", "."), "MX" if name == "mx" else "TXT"): texts for name, texts in changed.items()
    }

    def look(name: str, kind: str) -> Sequence[str]:
        return records.get((name, kind), [])

    return look


def codes(lookup: Lookup) -> tuple[list[str], list[str]]:
    found = sender_domain("news.example.org", ["mailgun"], lookup)
    return [one.code for one in found.problems], [one.code for one in found.warnings]


def test_a_domain_with_everything_is_well_and_the_policy_of_the_domain_above_counts() -> None:
    assert codes(zone()) == ([], [])


@pytest.mark.parametrize(
    ("changed", "errors", "warnings"),
    [
        ({"news__example__org": []}, [], ["dns-spf"]),
        ({"news__example__org": ["v=spf1 -all", "v=spf1 ~all"]}, ["dns-spf"], []),
        ({"news__example__org": ["v=spf1 +all"]}, ["dns-spf"], []),
        ({"_dmarc__example__org": []}, ["dns-dmarc"], []),
        ({"_dmarc__example__org": ["v=DMARC1; rua=mailto:a@example.org"]}, ["dns-dmarc"], []),
        ({"_dmarc__example__org": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, ["dns-dmarc"], []),
        ({"k1___domainkey__news__example__org": []}, [], ["dns-dkim"]),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    changed: dict[str, list[str]], errors: list[str], warnings: list[str]
) -> None:
    assert codes(zone(**changed)) == (errors, warnings)


def test_a_domain_that_no_mail_reaches_is_an_error() -> None:
    records = {key: texts for key, texts in GOOD.items() if key[1] != "MX"}
    assert codes(lambda name, kind: records.get((name, kind), [])) == (["dns-mx"], [])


def test_that_nobody_answers_is_no_error_of_the_domain() -> None:
    def silent(name: str, kind: str) -> Sequence[str]:
        message = "timed out"
        raise LookupError(message)

    assert codes(silent) == ([], ["dns"])
