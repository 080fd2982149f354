"""What commands list and show: the same on both databases."""

from __future__ import annotations

from datetime import timedelta

from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.article import ArticleId
from pipeline.domain.audience import NewSubscriber, SubscriptionState, SuppressionReason
from pipeline.domain.issue import IMMEDIATE
from pipeline.domain.ledger import BatchState
from pipeline.store.store import Store
from tests.fakes.mailing import NEWSLETTER, TERMS, fail, freeze_immediate, show, sighting, subscribe
from tests.fakes.times import START, at

LANE = Lane(provider="outbox", most=2)


def upcoming(store: Store, minutes: float, cadence: str = IMMEDIATE) -> tuple[bool, list[str]]:
    found = store.issues.next_articles(TERMS, cadence, at(minutes))
    return found.due, [article.content.title for article in found.contents.articles]


def test_a_source_stands_as_its_collections_went(store: Store) -> None:
    assert store.sources.standings(START) == []
    show(store, [sighting("a"), sighting("b")], at(1), complete=True)
    show(store, [sighting("a")], at(2), complete=True)
    fail(store, "no answer", at(3))
    fail(store, "no answer again", at(4))
    fail(store, "not found", at(5), source="blog")
    artikel, blog = store.sources.standings(at(6))
    assert (artikel.name, artikel.articles, artikel.failures, artikel.error) == ("artikel", 1, 2, "no answer again")
    assert (artikel.first_collected, artikel.last_success, artikel.last_attempt) == (at(1), at(2), at(4))
    assert (blog.name, blog.articles, blog.last_success) == ("blog", 0, None)


def test_an_article_is_found_by_number_public_id_and_address(store: Store) -> None:
    show(store, [sighting("a"), sighting("b", url="https://blog.example.org/b/")], at(1))
    newest = {article.content.title: article for article in store.articles.newest(limit=None)}
    for article in newest.values():
        assert store.articles.find(str(article.id)) == article.id
        assert store.articles.find(article.public_id) == article.id
    assert store.articles.find("http://www.blog.example.org/b?utm_source=x") == newest["Titel b"].id
    for nothing in ("", "99", "9" * 40, "https://[broken", "https://blog.example.org/c", "²"):
        assert store.articles.find(nothing) is None


def test_an_article_has_a_history(store: Store) -> None:
    show(store, [sighting("a", "one")], at(1), settle=timedelta(minutes=10))
    show(store, [sighting("a", "two")], at(2), settle=timedelta(minutes=10), complete=True)
    history = store.articles.history(ArticleId(1))
    assert [(one.number, one.recorded, one.settles) for one in history.revisions] == [
        (1, at(1), at(11)),
        (2, at(2), at(12)),
    ]
    assert (history.mailable, history.settles, history.released) == (True, at(12), None)
    store.articles.release(at(13))
    show(store, [], at(14), complete=True)
    history = store.articles.history(ArticleId(1))
    assert history.released == at(13)
    assert [(one.source, one.key, one.gone) for one in history.sightings] == [("artikel", "a", at(14))]


def test_the_next_issue_has_what_came_since_the_last_one(store: Store) -> None:
    assert upcoming(store, 0) == (False, [])
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    assert upcoming(store, 1) == (True, ["Titel x"]), "it is not released yet, but will be by the next run"
    freeze_immediate(store, at(2))
    assert upcoming(store, 3) == (False, ["Titel x"]), "a sample"
    show(store, [sighting("y")], at(4))
    show(store, [sighting("z")], at(5), settle=timedelta(minutes=10))
    store.articles.release(at(5))
    assert upcoming(store, 6) == (True, ["Titel y"])
    assert upcoming(store, 20) == (True, ["Titel z", "Titel y"])


def test_the_next_issue_of_a_cadence_without_issues_is_that_of_its_first_subscriber(store: Store) -> None:
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    assert upcoming(store, 2, "daily") == (False, ["Titel x"])
    subscribe(store, at(2), "a", cadence="daily")
    assert upcoming(store, 3, "daily") == (False, ["Titel x"])
    show(store, [sighting("y")], at(4))
    store.articles.release(at(4))
    assert upcoming(store, 5, "daily") == (True, ["Titel y"])


def test_the_next_issue_has_the_settled_revision_and_nothing_retracted(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x", "old"), sighting("y")], at(1))
    store.articles.release(at(1))
    show(store, [sighting("x", "new")], at(2), settle=timedelta(minutes=10), complete=True)
    (article,) = store.issues.next_articles(TERMS, IMMEDIATE, at(3)).contents.articles
    assert article.content.html == "<p>old</p>"
    (article,) = store.issues.next_articles(TERMS, IMMEDIATE, at(13)).contents.articles
    assert article.content.html == "<p>new</p>"


def test_an_issue_is_shown_with_its_variants_and_whom_the_doubtful_batches_are_for(store: Store) -> None:
    subscribe(store, START, "a", "b", "c")
    subscribe(store, START, "d", topics=["Ethik"])
    show(store, [sighting("x", topics=["KI"]), sighting("y", topics=["Ethik"])], at(1))
    issue = freeze_immediate(store, at(2))
    assert issue is not None
    held = store.ledger.claim({NEWSLETTER: Route(lanes=(LANE,))}, "me", at(3), timedelta(minutes=1))
    assert held is not None
    mine = store.ledger.intend(held, "me", LANE, "0" * 64, at(3), timedelta(minutes=1))
    assert mine is not None
    store.ledger.doubt(mine, "no answer")
    details = store.issues.details(issue)
    assert [(one.number, one.deliveries, list(one.articles.values())) for one in details.variants] == [
        (1, 3, ["Titel y", "Titel x"]),
        (2, 1, ["Titel y"]),
    ]
    assert details.variants[1].subject == "Titel y"
    assert details.batches == {BatchState.IN_DOUBT: 1, BatchState.READY: 2}
    (batch,) = details.open_batches
    assert (batch.state, batch.provider, batch.submitted, batch.error) == ("in_doubt", "outbox", at(3), "no answer")
    assert batch.recipients == ("a@example.org", "b@example.org")


def test_the_audience_is_counted_and_what_an_import_would_do_is_foretold(store: Store) -> None:
    subscribe(store, START, "a", "b")
    first = next(store.subscriptions.listed(limit=1))
    store.subscriptions.unsubscribe(first.id, at(1), "page")
    store.subscriptions.suppress("C@example.org", SuppressionReason.COMPLAINT, "rang up", at(1))
    assert store.subscriptions.count() == 2
    assert store.subscriptions.count(newsletter=NEWSLETTER, state=SubscriptionState.ACTIVE) == 1
    assert store.subscriptions.count(newsletter="other") == 0
    people = [NewSubscriber(address=f"{name}@example.org") for name in "abcd"]
    fates = store.subscriptions.fates(people, NEWSLETTER)
    assert (fates.new, fates.existing, fates.suppressed) == (1, 2, 1)
    assert store.subscriptions.count() == 2
    found = store.subscriptions.suppression("c@EXAMPLE.org")
    assert found is not None
    assert (found.reason, found.detail, found.since) == (SuppressionReason.COMPLAINT, "rang up", at(1))
    assert store.subscriptions.suppression("d@example.org") is None
