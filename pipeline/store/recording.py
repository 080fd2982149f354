"""One answer of one source on its way into the store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, func, insert, select, update

from pipeline.collect.collect import Collected, SourceRules, mailable_keys
from pipeline.collect.source import Collection
from pipeline.domain.adoption import serves_all_formats
from pipeline.domain.archive import archive_month
from pipeline.domain.article import ArticleId, Content, Sighting
from pipeline.domain.identity import Alias, aliases, believable, content_hash, identify, public_id
from pipeline.domain.resemblance import identical
from pipeline.errors import Problem
from pipeline.store.adopted import WaitingId, WaitingIds
from pipeline.store.codec import dump_content
from pipeline.store.facets import Facets
from pipeline.store.new_articles import NewArticles
from pipeline.store.recognition import Recognition, silent_before
from pipeline.store.sightings import Sightings
from pipeline.store.tables import article, instance, revision, sighting
from pipeline.store.types import UtcTime

_AT_ONCE = 400
_PATIENCE = 6
"""How many times its settle time an article may keep mail waiting by being edited."""

# Made once: that takes longer than to carry them out.
_ADD_REVISIONS = insert(revision)
_NEXT_VERSION = update(instance).values(articles_version=instance.c.articles_version + 1)
_REVISE = (
    update(article)
    .where(article.c.id == bindparam("id_"))
    .values(
        revision=article.c.revision + 1,
        changed_at=bindparam("now"),
        settles_at=case(
            (article.c.first_seen < bindparam("restless_before", type_=UtcTime), article.c.settles_at),
            else_=bindparam("settles", type_=UtcTime),
        ),
        published_at=func.coalesce(bindparam("published", type_=UtcTime), article.c.first_seen),
    )
    .returning(article.c.revision)
)


@dataclass(slots=True)
class Recording:
    """Compares an answer with what is stored and writes the difference, inside the caller's transaction."""

    tx: Connection
    rules: SourceRules
    collection: Collection
    now: datetime
    first: bool
    _known: Recognition = field(init=False)
    _sightings: Sightings = field(init=False)
    _waiting: WaitingIds = field(init=False)
    _facets: Facets = field(init=False)
    _new: NewArticles = field(init=False)
    _revisions: list[dict[str, Any]] = field(default_factory=list)
    _notes: list[Problem] = field(default_factory=list)

    def record(self) -> Collected:
        if self.collection.not_modified:
            return Collected(problems=self.collection.problems, notes=self.collection.notes)
        self._notes += self.collection.notes
        counts = {"new": 0, "revised": 0, "unchanged": 0}
        shown = frozenset(seen.key for seen in self.collection.sightings)
        # What failed to be read is there all the same.
        present = shown | self.collection.failed
        read = self._read()
        names = {seen.key: aliases(self.rules.name, seen.key, content) for seen, content in read}
        shared = _shared(names, {seen.key: content for seen, content in read})
        self._known = Recognition(self.tx, self.rules.name, silent_before(self.now))
        self._known.prepare(names.keys(), {name for some in names.values() for name in some})
        self._sightings = Sightings(self.tx, self.rules.name, self.now, self._known)
        self._waiting = WaitingIds(self.tx, self.rules.name)
        self._new = NewArticles(self.tx)
        unknown = ((seen, content) for seen, content in read if self._known.by_key(seen.key) is None)
        self._new.prepare([self._own_id(seen.key, content) for seen, content in unknown])
        self._facets = Facets(self.tx)
        counts["unchanged"] = len(self.collection.sightings) - len(read)
        made: dict[str, ArticleId] = {}
        fresh: dict[str, tuple[datetime, ArticleId]] = {}
        for seen, content in read:
            verdict = identify(
                self.rules.name,
                seen.key,
                content,
                by_key=self._known.by_key(seen.key),
                by_alias=lambda name: None if name in shared else self._known.by_alias(name),
                present=present,
                trusted=self.collection.complete,
                names=names[seen.key],
            )
            if verdict.article is None:
                made[seen.key] = id_ = self._add(seen, content, shared)
                counts["new"] += 1
            else:
                id_ = verdict.article
                counts["revised" if verdict.revised else "unchanged"] += 1
                if verdict.revised:
                    self._revise(id_, seen.key, verdict.content)
                if verdict.returned:
                    self.tx.execute(update(article).where(article.c.id == id_).values(retracted_at=None))
            if not self._known.was_seen(id_):
                fresh[seen.key] = (content.published or self.now, id_)
            self._sightings.see(seen, id_, content, names[seen.key], shared, present)
        self._new.write()
        if self._revisions:
            self.tx.execute(_ADD_REVISIONS, self._revisions)
            self._facets.write()
        self._sightings.write()
        self._admit(made, fresh)
        retracted = self._retract(present)
        if read or retracted:
            self.tx.execute(_NEXT_VERSION)
        return Collected(**counts, retracted=retracted, problems=self.collection.problems, notes=tuple(self._notes))

    def _read(self) -> list[tuple[Sighting, Content]]:
        """The sightings that say something, with dates that can be believed."""
        read: list[tuple[Sighting, Content]] = []
        for seen in self.collection.sightings:
            self._note(seen.key, *seen.notes)
            if seen.content is not None:
                content, doubts = believable(seen.content, self.now)
                self._note(seen.key, *doubts)
                read.append((seen, content))
        return read

    def _note(self, key: str, *notes: str) -> None:
        where = f"source {self.rules.name}, {key}"
        self._notes += [Problem(code="article-note", where=where, what=note) for note in notes]

    def _add(self, seen: Sighting, content: Content, shared: frozenset[Alias]) -> ArticleId:
        key, published = seen.key, content.published or self.now
        settles = self.now + self.rules.settle
        values = {
            "revision": 1,
            "published_at": published,
            "archive_month": archive_month(published, self.now, backlog=self.first or seen.backlog),
            "first_seen": self.now,
            "changed_at": self.now,
            "settles_at": settles,
            "mailable": True,
        }
        waiting = self._waiting.of(key, content, shared)
        found = self._new.add(self._public_ids(key, content, waiting), **values)
        if waiting:
            self._new.write()
            self._waiting.gives(waiting, found)
        digest = content_hash(content)
        self._known.add(found, content, digest)
        self._keep(found, 1, key, content, digest, settles)
        return found

    def _public_ids(self, key: str, content: Content, waiting: Sequence[WaitingId]) -> Iterator[str]:
        """The id that the article should have, and others for where another source or article has it already."""
        yield from (one.value for one in waiting if serves_all_formats(one.value))
        wanted = self._own_id(key, content)
        if not self._waiting.keeps(wanted):
            yield wanted
        for number in count(1):
            again = "" if number == 1 else f"#{number}"
            yield uuid.uuid5(uuid.NAMESPACE_URL, f"{wanted}#{self.rules.name}/{key}{again}").urn

    def _own_id(self, key: str, content: Content) -> str:
        return public_id(self.rules.host, self.rules.name, key, content, self.now)

    def _revise(self, id_: ArticleId, key: str, content: Content) -> None:
        self._new.write()
        settles = self.now + self.rules.settle
        # What changes with each poll would never settle; mail carries the last of its revisions that did.
        restless = self.now - _PATIENCE * self.rules.settle
        changed = {"id_": id_, "now": self.now, "restless_before": restless, "settles": settles}
        number: int = self.tx.execute(_REVISE, changed | {"published": content.published}).scalar_one()
        self._keep(id_, number, key, content, content_hash(content), settles)

    def _keep(self, id_: ArticleId, number: int, key: str, content: Content, digest: str, settles: datetime) -> None:
        kept = {
            "article_id": id_,
            "number": number,
            "recorded_at": self.now,
            "settles_at": settles,
            "content_hash": digest,
            "content": dump_content(content),
            "source": self.rules.name,
            "key": key,
        }
        self._revisions.append(kept)
        self._facets.keep(id_, content, revised=number > 1)
        self._known.revise(id_, key, content, digest)

    def _admit(self, made: Mapping[str, ArticleId], fresh: Mapping[str, tuple[datetime, ArticleId]]) -> None:
        """Decide what mail may carry: of a first collection its backlog, of a later one all that is new to the source.

        That includes what another source brought first, as its own backlog, which mail does not carry.
        """
        newest = [(when, key) for key, (when, _) in fresh.items()]
        # What a source of pages comes to only later, though it was there at the first collection, is backlog too.
        old = {seen.key for seen in self.collection.sightings if seen.backlog and self.rules.backlog != "all"}
        may = mailable_keys(newest, self.rules.backlog) if self.first else fresh.keys() - old
        self._set_mailable([id_ for key, id_ in made.items() if key not in may], mailable=False)
        if adopted := [id_ for key, (_, id_) in fresh.items() if key in may and key not in made]:
            self._set_mailable(adopted, mailable=True)

    def _set_mailable(self, ids: list[ArticleId], *, mailable: bool) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            some = article.c.id.in_(ids[start : start + _AT_ONCE])
            chosen = update(article).where(some, article.c.mailable.is_not(mailable))
            self.tx.execute(chosen.values(mailable=mailable))

    def _retract(self, present: frozenset[str]) -> int:
        """Mark the keys that are gone; an article that no source shows is retracted.

        Gone is what a complete answer no longer has, and of any other what it says to be.
        """
        withdrawn = self.collection.withdrawn
        if not self.collection.complete and not withdrawn:
            return 0
        mine = and_(sighting.c.source == self.rules.name, sighting.c.gone_at.is_(None))
        known = self.tx.execute(select(sighting.c.key).where(mine)).scalars()
        gone = [key for key in known if (key not in present if self.collection.complete else key in withdrawn)]
        count = 0
        for key in gone:
            id_ = self.tx.execute(
                update(sighting)
                .where(mine, sighting.c.key == key)
                .values(gone_at=self.now)
                .returning(sighting.c.article_id)
            ).scalar_one()
            shown = exists().where(sighting.c.article_id == id_, sighting.c.gone_at.is_(None))
            ended = update(article).where(article.c.id == id_, article.c.retracted_at.is_(None), ~shown)
            count += self.tx.execute(ended.values(retracted_at=self.now)).rowcount
            self._sightings.withdrawn(id_)
        self._sightings.write_topics()
        return count


def _shared(names: Mapping[str, tuple[Alias, ...]], contents: Mapping[str, Content]) -> frozenset[Alias]:
    """The aliases that items of one answer share though they differ, so that it tells none of them from another."""
    first: dict[Alias, str] = {}
    shared: set[Alias] = set()
    for key, some in names.items():
        for name in some:
            other = first.setdefault(name, key)
            if other != key and not (
                contents[other].url == contents[key].url and identical(contents[other], contents[key])
            ):
                shared.add(name)
    return frozenset(shared)
