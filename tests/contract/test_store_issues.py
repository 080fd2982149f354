from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.audience import Choice, NewSubscriber, SuppressionReason
from pipeline.domain.issue import IMMEDIATE, MOST, IssueContents, IssueKey, IssueState
from pipeline.domain.ledger import Books, IssueId
from pipeline.store.database import reading
from pipeline.store.store import Store
from pipeline.store.tables import subscription_group
from tests.fakes.mailing import NEWSLETTER, TERMS, freeze_immediate, show, sighting, subscribe
from tests.fakes.times import START, at


def books(store: Store, issue: IssueId | None) -> Books:
    assert issue is not None
    return store.issues.shown([issue])[0].books


def daily(minutes: float, zone: str = "Europe/Berlin") -> IssueKey:
    return IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=zone, slot=at(minutes))


def test_the_audience_is_frozen_with_batches_of_the_right_size(store: Store) -> None:
    subscribe(store, START, "a", "b", "c")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    assert books(store, issue) == Books(audience=3, to_do=3)
    routes = {NEWSLETTER: Route(lanes=(Lane(provider="fake", most=2),))}
    held = [store.ledger.claim(routes, "me", at(3), timedelta(minutes=1)) for _ in range(3)]
    assert [len(batch.addressees) if batch else None for batch in held] == [2, 1, None]


def test_an_issue_is_frozen_once(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    assert store.issues.freeze(daily(5), TERMS, at(5)) is not None
    assert store.issues.freeze(daily(5), TERMS, at(6)) is None


def test_who_subscribes_gets_what_is_released_from_then_on(store: Store) -> None:
    show(store, [sighting("alt")], START)
    store.articles.release(START)
    subscribe(store, at(1), "a")
    assert freeze_immediate(store, at(2)) is not None
    assert [issue.state for issue in store.issues.shown()] == [IssueState.SKIPPED]
    show(store, [sighting("neu")], at(3))
    issue = freeze_immediate(store, at(4))
    assert books(store, issue).audience == 1


def test_subscribers_with_the_same_articles_share_a_variant(store: Store) -> None:
    subscribe(store, START, "a", "b")
    subscribe(store, START, "c", topics=["Ethik"])
    show(store, [sighting("x", topics=["KI"]), sighting("y", topics=["Ethik"])], at(1))
    store.articles.release(at(1))
    issue = store.issues.freeze(replace(daily(2), cadence=IMMEDIATE), TERMS, at(2))
    assert issue is not None
    variants = store.issues.unrendered(issue)
    assert sorted(len(variant.articles) for variant in variants) == [1, 2]


def test_an_issue_nobody_is_owed_an_article_in_is_skipped_with_the_reason(store: Store) -> None:
    assert store.issues.freeze(daily(1), TERMS, at(1)) is not None
    subscribe(store, at(2), "a", cadence="daily", topics=["Sport"])
    store.issues.freeze(daily(3), TERMS, at(3))
    show(store, [sighting("x", topics=["KI"])], at(4))
    store.articles.release(at(4))
    store.issues.freeze(daily(5), TERMS, at(5))
    reasons = [(issue.state, issue.reason) for issue in store.issues.shown()]
    assert reasons == [
        (IssueState.SKIPPED, "no new article has a topic that a subscriber chose"),
        (IssueState.SKIPPED, "no article was released since the last issue"),
        (IssueState.SKIPPED, "it has no subscribers"),
    ]


def test_a_newsletter_carries_only_its_topics(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x", topics=["Sport"])], at(1))
    assert freeze_immediate(store, at(2), replace(TERMS, topics=frozenset({"ki"}))) is not None
    assert store.issues.shown()[0].state is IssueState.SKIPPED


def test_a_suppressed_address_is_in_the_books_and_in_no_batch(store: Store) -> None:
    subscribe(store, START, "a", "b")
    store.subscriptions.suppress("B@example.org", SuppressionReason.COMPLAINT, "", START)
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    assert books(store, issue) == Books(audience=2, suppressed=1, to_do=1)


def test_an_edit_that_has_not_settled_does_not_reach_mail(store: Store) -> None:
    subscribe(store, START, "a")
    settle = timedelta(minutes=10)
    show(store, [sighting("x", "fertig")], START, settle=settle)
    store.articles.release(at(10))
    show(store, [sighting("x", "unfertig")], at(11), settle=settle)
    issue = store.issues.freeze(replace(daily(12), cadence=IMMEDIATE), TERMS, at(12))
    assert issue is not None
    (variant,) = store.issues.unrendered(issue)
    assert [article.content.html for article in variant.articles] == ["<p>fertig</p>"]


def test_a_retracted_article_is_not_mailed(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1), complete=True)
    store.articles.release(at(1))
    show(store, [], at(2), complete=True)
    freeze_immediate(store, at(3))
    assert store.issues.shown()[0].state is IssueState.SKIPPED


def test_local_time_freezes_only_those_who_live_in_the_zone(store: Store) -> None:
    terms = replace(TERMS, local_time=True)
    subscribe(store, START, "berlin", cadence="daily")
    people = [replace(person, timezone="America/New_York") for person in _people("york")]
    store.subscriptions.add_subscribers(people, NEWSLETTER, "daily", confirmed=True, now=START)
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    assert store.issues.zones(NEWSLETTER, "daily", "Europe/Berlin") == ("America/New_York", "Europe/Berlin")
    one = store.issues.freeze(daily(5), terms, at(5))
    other = store.issues.freeze(daily(5, "America/New_York"), terms, at(5))
    assert (books(store, one).audience, books(store, other).audience) == (1, 1)
    assert store.issues.freeze(daily(6), terms, at(6)) is not None
    assert store.issues.shown()[0].state is IssueState.SKIPPED, "nobody gets it twice"


def test_a_slot_that_was_missed_moves_no_cursor(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    store.issues.close_slot(daily(2), IssueState.MISSED, "too late", at(500))
    issue = store.issues.freeze(daily(501), TERMS, at(501))
    assert books(store, issue).audience == 1


def test_the_same_slot_has_the_same_name_after_a_restart(store: Store) -> None:
    assert daily(1).uid(store.instance) == daily(1).uid(store.instance)
    assert daily(1).uid(store.instance) != daily(2).uid(store.instance)


def _people(*names: str) -> list[NewSubscriber]:
    return [NewSubscriber(address=f"{name}@example.org") for name in names]


def test_an_issue_whose_whole_audience_is_suppressed_ends_by_itself(store: Store) -> None:
    subscribe(store, START, "a", "b")
    for name in ("a", "b"):
        store.subscriptions.suppress(f"{name}@example.org", SuppressionReason.HARD_BOUNCE, "", START)
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    assert books(store, issue) == Books(audience=2, suppressed=2)
    assert store.issues.finish(at(3)) == [issue]


def test_an_article_released_by_a_clock_that_is_ahead_is_mailed_all_the_same(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(120))
    store.articles.release(at(120))
    issue = store.issues.freeze(replace(daily(1), cadence=IMMEDIATE), TERMS, at(1))
    assert issue is not None
    (variant,) = store.issues.unrendered(issue)
    assert [article.content.title for article in variant.articles] == ["Titel x"]


def test_an_article_that_is_away_for_a_moment_comes_with_a_later_issue(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x"), sighting("y")], at(1), complete=True)
    store.articles.release(at(1))
    show(store, [sighting("y")], at(2), complete=True)
    assert titles(store, store.issues.freeze(daily(3), TERMS, at(3))) == [["Titel y"]]
    assert titles(store, store.issues.freeze(daily(4), TERMS, at(4))) == []
    show(store, [sighting("x"), sighting("y")], at(5), complete=True)
    assert titles(store, store.issues.freeze(daily(6), TERMS, at(6))) == [["Titel x"]]
    assert titles(store, store.issues.freeze(daily(7), TERMS, at(7))) == []


def test_what_does_not_fit_into_one_issue_is_in_the_next(store: Store) -> None:
    subscribe(store, START, "a")
    subscribe(store, START, "d", cadence="daily")
    keys = [f"{n:03}" for n in range(2 * MOST + 10)]
    show(store, [sighting(key) for key in keys], at(1))
    got = [titles(store, freeze_immediate(store, at(2 + n))) for n in range(4)]
    assert [len(one[0]) if one else 0 for one in got] == [MOST, MOST, 10, 0]
    assert sorted(title for one in got for title in (one[0] if one else [])) == [f"Titel {key}" for key in keys]
    assert got[0] == [[f"Titel {key}" for key in reversed(keys[:MOST])]], "the oldest fifty, the newest of them first"
    got = [titles(store, store.issues.freeze(daily(20 + n), TERMS, at(20 + n))) for n in range(4)]
    assert [len(one[0]) if one else 0 for one in got] == [MOST, MOST, 10, 0]


def test_those_who_stand_where_others_arrive_are_not_moved_with_them(store: Store) -> None:
    """The cursor of a full issue stops at a number at which another subscriber may stand already."""
    subscribe(store, START, "old")
    show(store, [sighting(f"{n:03}") for n in range(MOST)], at(1))
    store.articles.release(at(1))
    subscribe(store, at(2), "new")
    show(store, [sighting(f"{MOST + n:03}") for n in range(5)], at(3))
    first = titles(store, freeze_immediate(store, at(4)))
    assert sorted(map(len, first)) == [5, MOST]
    second = titles(store, freeze_immediate(store, at(5)))
    assert [len(one) for one in second] == [5]


def test_a_cancelled_issue_owes_its_articles_again(store: Store) -> None:
    subscribe(store, START, "a", "b", "c")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    assert issue is not None
    assert store.issues.cancel(issue, "a mistake", at(3)) == 3
    assert books(store, issue) == Books(audience=3, cancelled=3)
    assert store.issues.shown([issue])[0].state is IssueState.CANCELLED
    assert store.issues.cancel(issue, "again", at(3)) == 0
    show(store, [sighting("y")], at(4))
    assert titles(store, freeze_immediate(store, at(5))) == [["Titel y", "Titel x"]]


def test_a_slot_in_the_future_does_not_silence_a_job(store: Store) -> None:
    assert store.runs.last_slot("mail", START) == START
    store.runs.pass_slot("mail", at(1_000_000))
    assert store.runs.last_slot("mail", at(10)) == at(10)
    assert store.runs.last_slot("mail", at(11)) == at(10)


def titles(store: Store, issue: IssueId | None) -> list[list[str]]:
    """The titles of each variant's articles."""
    return [] if issue is None else [list(one.articles.values()) for one in store.issues.details(issue).variants]


def choose(store: Store, name: str, now: float, **choice: Any) -> None:
    subscription = next(store.subscriptions.listed(address=f"{name}@example.org"))
    store.subscriptions.choose(subscription.id, Choice(**choice), at(now))


def groups(store: Store) -> int:
    with reading(store.engine) as tx:
        return tx.execute(select(func.count()).select_from(subscription_group)).scalar_one()


def test_another_choice_repeats_nothing_and_drops_nothing(store: Store) -> None:
    subscribe(store, START, "a", "b", cadence="daily")
    show(store, [sighting("x", topics=["ki"])], at(1))
    store.articles.release(at(1))
    assert titles(store, store.issues.freeze(daily(2), TERMS, at(2))) == [["Titel x"]]
    show(store, [sighting("y", topics=["ethik"])], at(3))
    store.articles.release(at(3))
    choose(store, "a", 4, cadence=IMMEDIATE, language="en", timezone="Asia/Tokyo")
    found = next(store.subscriptions.listed(address="a@example.org"))
    assert (found.cadence, found.language, found.timezone) == (IMMEDIATE, "en", "Asia/Tokyo")
    issue = freeze_immediate(store, at(5))
    assert titles(store, issue) == [["Titel y"]], "it does not wait for another article"
    assert freeze_immediate(store, at(6)) is None
    assert titles(store, store.issues.freeze(daily(7), TERMS, at(7))) == [["Titel y"]]
    choose(store, "b", 8, cadence=IMMEDIATE, topics=("Sport",))
    show(store, [sighting("z", topics=["ki"])], at(9))
    assert [one.language for one in store.issues.unrendered(freeze_immediate(store, at(9)) or IssueId(0))] == []
    assert [len(one) for one in titles(store, IssueId(4))] == [1], "only a chose the topic"


def test_a_topic_that_is_added_does_not_bring_up_what_was_passed_over(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily", topics=["Sport"])
    show(store, [sighting("x", topics=["ki"])], at(1))
    store.articles.release(at(1))
    store.issues.freeze(daily(2), TERMS, at(2))
    choose(store, "a", 3, cadence="daily", topics=("KI",))
    assert titles(store, store.issues.freeze(daily(4), TERMS, at(4))) == []
    show(store, [sighting("y", topics=["ki"])], at(5))
    store.articles.release(at(5))
    assert titles(store, store.issues.freeze(daily(6), TERMS, at(6))) == [["Titel y"]]


def test_groups_that_have_become_equal_are_one(store: Store) -> None:
    for minute, name in enumerate("abc"):
        subscribe(store, at(minute), name, cadence="daily")
        show(store, [sighting(name)], at(minute))
        store.articles.release(at(minute))
    assert groups(store) == 3
    issue = store.issues.freeze(daily(5), TERMS, at(5))
    assert sorted(map(len, titles(store, issue))) == [1, 2, 3]
    assert groups(store) == 1
    choose(store, "a", 6, cadence="daily", language="en")
    choose(store, "a", 6, cadence="daily")
    assert groups(store) == 2
    store.issues.freeze(daily(7), TERMS, at(7))
    assert groups(store) == 1


def test_readers_are_told_of_a_correction_with_their_next_issue(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    subscribe(store, START, "s", cadence="daily", topics=["Sport"])
    show(store, [sighting("x"), sighting("y")], at(1), complete=True)
    store.articles.release(at(1))
    store.issues.freeze(daily(2), TERMS, at(2))
    x = store.articles.find("1")
    assert x is not None
    assert store.articles.correct(x, "It was the 14th.", at(3))
    show(store, [sighting("x")], at(4), complete=True)
    store.articles.release(at(30))
    assert titles(store, store.issues.freeze(daily(31), TERMS, at(31))) == [], "a correction is no issue by itself"
    store.articles.release(at(90))
    show(store, [sighting("x"), sighting("z", topics=["ki", "sport"])], at(91), complete=True)
    store.articles.release(at(91))
    issue = store.issues.freeze(daily(92), TERMS, at(92))
    assert issue is not None
    told = {
        len(one.articles): [
            (note.article.content.title, note.retracted, note.note) for note in one.contents.corrections
        ]
        for one in store.issues.unrendered(issue)
        if one.contents.corrections
    }
    assert told == {1: [("Titel x", False, "It was the 14th."), ("Titel y", True, "")]}
    assert sum(len(one.contents.corrections) for one in store.issues.unrendered(issue)) == 2, "s never had them"
    show(store, [sighting("x"), sighting("z"), sighting("v")], at(93), complete=True)
    store.articles.release(at(93))
    again = store.issues.freeze(daily(94), TERMS, at(94))
    assert again is not None
    assert all(not one.contents.corrections for one in store.issues.unrendered(again))


def test_an_article_that_was_away_for_less_than_an_hour_was_not_retracted(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x"), sighting("y")], at(1), complete=True)
    store.articles.release(at(1))
    store.issues.freeze(daily(2), TERMS, at(2))
    show(store, [sighting("y")], at(3), complete=True)
    store.articles.release(at(50))
    show(store, [sighting("x"), sighting("y"), sighting("z")], at(60), complete=True)
    store.articles.release(at(70))
    issue = store.issues.freeze(daily(71), TERMS, at(71))
    assert issue is not None
    assert [one.contents.corrections for one in store.issues.unrendered(issue)] == [()]


def test_what_is_foreseen_is_what_is_frozen(store: Store) -> None:
    subscribe(store, START, "a", "b", cadence="daily")
    subscribe(store, START, "c", cadence="daily", topics=["Ethik"])
    store.subscriptions.suppress("b@example.org", SuppressionReason.COMPLAINT, "", START)
    show(store, [sighting("x", topics=["ethik"]), sighting("y")], at(1), settle=timedelta(minutes=10))
    terms = replace(TERMS, sections=("ethik",))
    assert store.plans.foresee(daily(5), terms, at(5)).reason == "no article was released since the last issue"
    seen = store.plans.foresee(daily(20), terms, at(20))
    assert [(one.recipients, one.suppressed, len(one.contents.articles)) for one in seen.variants] == [
        (1, 1, 2),
        (1, 0, 1),
    ]
    assert seen.variants[0].contents.sections == ("ethik", "ki")
    assert store.issues.shown() == []
    store.articles.release(at(20))
    issue = store.issues.freeze(daily(20), terms, at(20))
    assert issue is not None
    frozen = [one.contents for one in store.issues.unrendered(issue)]
    assert sorted(map(carried, frozen)) == sorted(carried(one.contents) for one in seen.variants)


def carried(contents: IssueContents) -> tuple[list[str], tuple[str, ...]]:
    return [article.content.title for article in contents.articles], contents.sections
