"""Every webhook: what is genuine takes effect once; what was tampered with, is stale or replayed changes nothing.

Amazon SES's notifications, which SNS signs with a certificate, have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from pipeline.deliver.event import NotGenuine, Posted, Recorded
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import EventRules
from pipeline.domain.ledger import IssueId
from pipeline.store.database import reading
from pipeline.store.store import Store
from pipeline.store.tables import batch, delivery
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.webhook_posts import NOW, WAYS, bounce

RULES = EventRules()
BY_SECRET = {"postmark", "brevo", "mailjet", "smtp2go", "sparkpost"}
# Those whose signature has a time, and how long it is good for at most.
TIMED = {"mailgun": timedelta(hours=13), "sendgrid": timedelta(hours=26), "resend": timedelta(minutes=6)}


@pytest.fixture
def issue(store: Store) -> IssueId:
    subscribe(store, NOW - timedelta(days=2), "a", "b")
    show(store, [sighting("x")], NOW - timedelta(days=1))
    frozen = freeze_immediate(store, NOW - timedelta(hours=23))
    assert frozen is not None
    return frozen


@pytest.fixture(params=sorted(WAYS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Post = Callable[[str], Posted]


@pytest.fixture
def post(store: Store, issue: IssueId, provider: str) -> Post:
    """A genuine request about one of the issue's recipients."""
    uid = store.issues.shown([issue])[0].uid

    def posted(name: str) -> Posted:
        person = next(iter(store.subscriptions.listed(newsletter=NEWSLETTER, address=f"{name}@example.org"))).subscriber
        its = (delivery.c.variant_id == batch.c.variant_id) & (delivery.c.sequence == batch.c.sequence)
        mine = select(batch.c.id).join(delivery, its).where(delivery.c.subscriber_id == person.id)
        with reading(store.engine) as tx:
            id_ = tx.execute(mine).scalar_one()
        return WAYS[provider][1](bounce(provider, uid, id_, person.id, person.address))

    return posted


def receive(store: Store, provider: str, posted: Posted, later: timedelta = timedelta()) -> Recorded:
    """As the web server does it."""
    received = WAYS[provider][0].receive(posted, NOW + later)
    return store.events.record(provider, received.events, NOW + later, RULES, received.once)


def suppressed(store: Store) -> list[tuple[str, SuppressionReason]]:
    return sorted((one.address_key, one.reason) for one in store.subscriptions.suppressions())


def about_somebody_else(provider: str, posted: Posted) -> Posted:
    """The same request with another address, by somebody who has no key."""
    body = posted.body
    for mine, other in ((b"a@example.org", b"b@example.org"), (b"a%40example.org", b"b%40example.org")):
        body = body.replace(mine, other)
    assert body != posted.body
    return replace(posted, body=body, token="guessed" if provider in BY_SECRET else posted.token)


def test_what_is_genuine_takes_effect_once_and_nothing_else_does(store: Store, provider: str, post: Post) -> None:
    posted = post("a")
    # Stale: where the signature has no time, what it tells is taken for as long as it would be known again.
    if provider in TIMED:
        with pytest.raises(NotGenuine):
            receive(store, provider, posted, TIMED[provider])
    else:
        assert receive(store, provider, posted, RULES.keep + timedelta(days=1)) == Recorded(old=1)
    assert suppressed(store) == []
    # Genuine.
    assert receive(store, provider, posted) == Recorded(new=1, suppressed=1)
    assert suppressed(store) == [("a@example.org", SuppressionReason.HARD_BOUNCE)]
    # Tampered with.
    with pytest.raises(NotGenuine):
        receive(store, provider, about_somebody_else(provider, posted))
    assert [address for address, _ in suppressed(store)] == ["a@example.org"]
    # Replayed.
    store.subscriptions.unsuppress("a@example.org")
    for _ in range(2):
        assert receive(store, provider, posted, timedelta(minutes=1)) == Recorded(repeated=1)
    assert suppressed(store) == []
