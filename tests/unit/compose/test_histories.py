"""Composition alone, in thousands of histories: each reader gets what `tests.fakes.readers` says, each article once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compose.compose import Candidate, Group, compose
from pipeline.domain.article import ArticleId
from pipeline.domain.audience import Choice
from pipeline.domain.issue import IMMEDIATE, Terms
from tests.fakes.mailing import TERMS
from tests.fakes.readers import Reader, Story

TOPICS = ("ki", "ethik", "sport")
topics = st.frozensets(st.sampled_from(TOPICS), max_size=2)
steps = st.one_of(
    st.tuples(st.just("publish"), topics),
    st.tuples(st.just("edit"), st.integers(0, 30), topics),
    st.tuples(st.just("leave or come back"), st.integers(0, 30)),
    st.tuples(st.just("release")),
    st.tuples(st.just("choose"), st.integers(0, 3), st.sampled_from([IMMEDIATE, "daily"]), topics),
    st.tuples(st.just("mail"), st.sampled_from([IMMEDIATE, "daily"])),
)


@dataclass
class World:
    """Some readers, each in a group of their own, and what composition gave them."""

    terms: Terms
    stories: list[Story] = field(default_factory=list)
    released: list[Story] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    received: Counter[tuple[str, str]] = field(default_factory=Counter)

    def do(self, step: tuple[object, ...]) -> None:
        match step:
            case ("publish", frozenset() as some):
                self.stories.append(Story(f"{len(self.stories)}", some))
            case ("edit", int(n), frozenset() as some) if self.stories:
                self.stories[n % len(self.stories)].topics = some
            case ("leave or come back", int(n)) if self.stories:
                story = self.stories[n % len(self.stories)]
                story.away = not story.away
            case ("release",):
                self.released += [one for one in self.stories if one not in self.released and not one.away]
            case ("choose", int(n), str(cadence), frozenset() as some):
                self.readers[n].choice = Choice(cadence=cadence, topics=tuple(some))
                self.groups[n] = replace(self.groups[n], topics=some)
            case ("mail", str(cadence)):
                self.mail(cadence)

    def mail(self, cadence: str) -> None:
        candidates = [
            Candidate(article=ArticleId(n), release=n, revision=1, topics=one.topics, retracted=one.away)
            for n, one in enumerate(self.released, 1)
        ]
        of_cadence = [group for group in self.groups if self.readers[group.id].is_in(cadence, "", "")]
        composition = compose(candidates, [], of_cadence, self.terms, len(candidates))
        for share in composition.shares:
            at = share.group.id
            self.groups[at] = replace(share.group, cursor=share.upto, owed=share.owed)
            titles = [self.released[article - 1].title for article, _ in share.arranged.articles]
            self.received.update((self.readers[at].address, title) for title in titles)
            self.readers[at].get(self.released, self.terms.most)


@settings(max_examples=3 * settings().max_examples)
@given(st.lists(steps, max_size=60), st.integers(1, 5))
def test_everyone_gets_each_article_of_their_topics_once(history: list[tuple[object, ...]], most: int) -> None:
    world = World(replace(TERMS, most=most))
    for number in range(4):
        choice = Choice(cadence=IMMEDIATE if number % 2 else "daily", topics=TOPICS[: number % 3])
        world.readers.append(Reader(str(number), choice))
        group = Group(id=number, cursor=0, topics=frozenset(choice.topics), topic_set=1, language="de")
        world.groups.append(group)
    for step in history:
        world.do(step)
    for story in world.stories:
        story.away = False
    world.do(("release",))
    for _ in range(len(world.stories) + 1):
        world.mail(IMMEDIATE)
        world.mail("daily")
    assert set(world.received.values()) <= {1}
    for reader in world.readers:
        assert {title for who, title in world.received if who == reader.address} == reader.due
