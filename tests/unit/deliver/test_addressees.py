"""Who of a batch can be handed over."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from pipeline.deliver.providers.addressees import addressees, refusals
from pipeline.domain.ledger import Batch, IssueId, Recipient, SubscriberId


def batch(*addresses: str) -> Batch:
    return Batch(
        id=uuid.UUID(int=1),
        issue=IssueId(1),
        issue_uid=uuid.UUID(int=2),
        sequence=1,
        newsletter="news",
        attempt=1,
        date=datetime(2026, 1, 1, tzinfo=UTC),
        recipients=tuple(Recipient(SubscriberId(n), address, "", {}) for n, address in enumerate(addresses, 1)),
    )


@pytest.mark.parametrize(
    ("addresses", "places"),
    [
        (["a@example.org", "b@example.org"], [0, 1]),
        (["a@example.org", "A@Example.org", "b@example.org"], [0, 2]),
        (["a@example.org", "ä@example.org", "b@bücher.example"], [0, 1, 2]),
        (["a@example.org", "nobody", "b@example.org"], [0, 2]),
        (["a@example.org", f"{'b' * 250}@example.org"], [0]),
        # Together they are as many lines as addresses, and each line is an address.
        (["a@example.org\nb@example.org", "a@example.org"], [1]),
        ([], []),
    ],
)
def test_each_usable_address_is_handed_over_once(addresses: list[str], places: list[int]) -> None:
    given = batch(*addresses)
    everyone = addressees(given, "example.org")
    assert [one.place for one in everyone] == places
    assert [one.recipient for one in everyone] == [given.recipients[place] for place in places]
    assert set(refusals(given, everyone)) == set(range(len(addresses))) - set(places)
