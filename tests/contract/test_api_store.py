"""What the API keeps and lists, on either database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text

from pipeline.domain.api_token import Scope, TokenId
from pipeline.domain.audience import Choice, SubscriptionId, SubscriptionState, SuppressionReason
from pipeline.domain.issue import IMMEDIATE, IssueKey, IssueState
from pipeline.domain.ledger import Books
from pipeline.domain.sign_up import NewSignUp
from pipeline.store.admissions import Admitted
from pipeline.store.api_answers import KEPT, Answer, Turn
from pipeline.store.database import reading, writing
from pipeline.store.store import Store
from pipeline.store.tables import issue
from tests.fakes.desk import Clock, desk, drain
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import FakeProvider
from tests.fakes.times import START, at

ME = TokenId(1)
MINUTE = timedelta(minutes=1)


def test_a_token_is_good_until_it_expires_or_is_revoked(store: Store) -> None:
    tokens = store.api_tokens
    made = tokens.create("cms", "secret", [Scope.ARTICLES_WRITE], at(10), START)
    assert made is not None
    assert tokens.create("cms", "another", [Scope.ARTICLES_READ], None, START) is None, "names are not used again"
    found = tokens.good("secret", at(9))
    assert found is not None
    assert found.scopes == {Scope.ARTICLES_WRITE}
    assert tokens.listed()[0].used == at(9)
    assert tokens.good("secre", at(9)) is None
    assert tokens.good("secret", at(10)) is None
    tokens.create("dash", "other", [Scope.ISSUES_READ], None, START)
    assert tokens.revoke("dash", at(1))
    assert not tokens.revoke("dash", at(2))
    assert tokens.good("other", at(3)) is None


def test_an_answer_is_kept_for_its_token_key_and_request(store: Store) -> None:
    answers = store.api_answers
    assert answers.begin(ME, "k", "r", START).turn is Turn.OURS
    assert answers.begin(ME, "k", "r", START).turn is Turn.BUSY
    answers.keep(ME, "k", 201, "{}")
    assert answers.begin(ME, "k", "r", at(1)) == Answer(turn=Turn.ANSWERED, status=201, body="{}")
    assert answers.begin(ME, "k", "other", at(1)).turn is Turn.OTHER
    assert answers.begin(TokenId(2), "k", "other", at(1)).turn is Turn.OURS
    assert answers.begin(ME, "k", "other", START + KEPT + MINUTE).turn is Turn.OURS, "after a day it is forgotten"


def test_a_request_that_was_broken_off_may_be_made_again(store: Store) -> None:
    answers = store.api_answers
    answers.begin(ME, "k", "r", START)
    assert answers.begin(ME, "k", "r", at(3)).turn is Turn.OURS
    answers.drop(ME, "k")
    assert answers.begin(ME, "k", "r2", at(3)).turn is Turn.OURS


def test_the_books_of_an_issue_that_has_ended_are_written_down(store: Store) -> None:
    subscribe(store, START, "a", "b")
    show(store, [sighting("x")], at(1))
    number = freeze_immediate(store, at(2))
    assert number is not None
    provider = FakeProvider(refused={})
    drain(desk(store, Clock(at(3)), provider))
    store.issues.finish(at(4))
    with writing(store.engine) as tx:
        kept = tx.execute(select(issue.c.books).where(issue.c.id == number)).scalar_one()
        assert kept is not None
        tx.execute(text("DELETE FROM delivery"))
    assert store.issues.shown([number])[0].books == Books(audience=2, accepted=2), "they are not counted again"


def test_an_issue_that_goes_on_is_counted_anew(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    number = freeze_immediate(store, at(2))
    assert number is not None
    rejected = FakeProvider(script=["unavailable"] * 50)
    drain(desk(store, Clock(at(3)), rejected, attempts=1))
    store.issues.finish(at(4))
    assert store.issues.shown([number])[0].books == Books(audience=1, rejected=1)
    assert store.issues.retry_failed(number).deliveries == 1
    assert store.issues.shown([number])[0].books == Books(audience=1, to_do=1)
    store.issues.cancel(number, "enough", at(5))
    assert store.issues.shown([number])[0].books == Books(audience=1, cancelled=1)


def test_pages_have_every_row_once_also_where_times_are_equal(store: Store) -> None:
    show(store, [sighting(f"{n}") for n in range(7)], at(1))
    behind, seen = None, []
    while page := store.listings.articles(limit=3, behind=behind):
        seen += [one.id for one in page]
        behind = (page[-1].published, page[-1].id)
    assert sorted(seen) == sorted(set(seen)) == [1, 2, 3, 4, 5, 6, 7]


def test_issues_come_the_newest_slot_first(store: Store) -> None:
    for n in range(4):
        key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone="UTC", slot=at(n))
        store.issues.close_slot(key, IssueState.MISSED if n % 2 else IssueState.SKIPPED, "late", at(10))
    first = store.listings.issues(limit=2)
    assert [one.key.slot for one in first] == [at(3), at(2)]
    rest = store.listings.issues(limit=9, behind=(first[-1].key.slot, first[-1].id))
    assert [one.key.slot for one in rest] == [at(1), at(0)]
    assert [one.key.slot for one in store.listings.issues(limit=9, state=IssueState.MISSED)] == [at(3), at(1)]
    assert store.listings.issues(limit=9, newsletter="other") == []


def test_who_was_erased_is_in_no_list(store: Store) -> None:
    subscribe(store, START, "a", "b", "c")
    store = Store(store.engine, store.instance, store.created, store.directory, digests=lambda key: [f"#{key[:1]}"])
    second = store.listings.subscriptions_of("B@example.org")[0]
    store.preferences.erase(second.id, at(1))
    assert [one.subscriber.name for one in store.listings.subscriptions(limit=9)] == ["a", "c"]
    assert store.listings.subscriptions_of("b@example.org") == []
    active = store.listings.subscriptions(limit=9, newsletter=NEWSLETTER, state=SubscriptionState.ACTIVE)
    assert [one.subscriber.name for one in active] == ["a", "c"]
    behind = SubscriptionId(active[0].id)
    assert [one.subscriber.name for one in store.listings.subscriptions(limit=9, behind=behind)] == ["c"]


def admit(store: Store, address: str, minutes: float) -> Admitted:
    asked = NewSignUp(newsletter=NEWSLETTER, address=address, choice=Choice(cadence=IMMEDIATE), consent="Ja.")
    return store.admissions.admit(asked, (), at(minutes))[0]


def test_an_admission_revives_nobody(store: Store) -> None:
    assert admit(store, "a@example.org", 1) is Admitted.NEW
    assert admit(store, "A@example.org", 2) is Admitted.THERE
    (mine,) = store.listings.subscriptions_of("a@example.org")
    store.subscriptions.unsubscribe(mine.id, at(3), "page")
    assert admit(store, "a@example.org", 4) is Admitted.ENDED
    store.subscriptions.suppress("b@example.org", SuppressionReason.HARD_BOUNCE, "", at(4))
    assert admit(store, "b@example.org", 5) is Admitted.SUPPRESSED
    with reading(store.engine) as tx:
        assert tx.execute(text("SELECT count(*) FROM sign_up")).scalar_one() == 1
