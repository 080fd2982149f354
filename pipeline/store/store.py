"""The store as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, select

from pipeline.domain.selection import Selection
from pipeline.errors import StoreUnavailable
from pipeline.store.admissions import Admissions
from pipeline.store.adoptions import Adoptions
from pipeline.store.alerts import Alerts
from pipeline.store.api_answers import ApiAnswers
from pipeline.store.api_tokens import ApiTokens
from pipeline.store.archives import FeedArchive
from pipeline.store.articles import Articles
from pipeline.store.database import open_engine, reading, sqlite_file
from pipeline.store.event_polls import EventPolls
from pipeline.store.events import Events
from pipeline.store.evidence import EvidenceBook
from pipeline.store.fence import Fence, ensure_instance
from pipeline.store.figures import Figures
from pipeline.store.issues import Issues
from pipeline.store.ledger import StoredLedger
from pipeline.store.listings import Listings
from pipeline.store.migrate import migrate
from pipeline.store.notices import StoredNotices
from pipeline.store.pictures import StoredPictures
from pipeline.store.plans import Plans
from pipeline.store.preferences import Preferences
from pipeline.store.runs import Runs
from pipeline.store.segments import Segments
from pipeline.store.sign_ups import SignUps
from pipeline.store.sources import Sources
from pipeline.store.standstills import Standstills
from pipeline.store.subscriptions import Subscriptions
from pipeline.store.suppressing import Digests, no_digests
from pipeline.store.tracking import Tracking
from pipeline.store.websub import WebSub


@dataclass(frozen=True)
class Store:
    """An open store with its current schema, made at ``created``.

    ``directory`` holds what lives beside it: fence, owners, keys.
    """

    engine: Engine
    instance: uuid.UUID
    created: datetime
    directory: Path
    migrated_from: Path | None = None
    digests: Digests = no_digests

    @cached_property
    def articles(self) -> Articles:
        return Articles(engine=self.engine)

    @cached_property
    def adoptions(self) -> Adoptions:
        return Adoptions(engine=self.engine)

    def archive(self, chosen: Selection, now: datetime) -> FeedArchive:
        """The archive of a feed of the selected articles."""
        return FeedArchive(engine=self.engine, chosen=chosen, now=now)

    @cached_property
    def pictures(self) -> StoredPictures:
        return StoredPictures(engine=self.engine)

    @cached_property
    def sources(self) -> Sources:
        return Sources(engine=self.engine)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(engine=self.engine, digests=self.digests)

    @cached_property
    def segments(self) -> Segments:
        return Segments(engine=self.engine)

    @cached_property
    def tracking(self) -> Tracking:
        return Tracking(engine=self.engine)

    @cached_property
    def sign_ups(self) -> SignUps:
        return SignUps(engine=self.engine, digests=self.digests)

    @cached_property
    def preferences(self) -> Preferences:
        return Preferences(engine=self.engine, digests=self.digests)

    @cached_property
    def notices(self) -> StoredNotices:
        return StoredNotices(engine=self.engine, fence=self.fence)

    @cached_property
    def issues(self) -> Issues:
        return Issues(engine=self.engine)

    @cached_property
    def plans(self) -> Plans:
        return Plans(engine=self.engine)

    @cached_property
    def ledger(self) -> StoredLedger:
        return StoredLedger(engine=self.engine, fence=self.fence)

    @cached_property
    def events(self) -> Events:
        return Events(engine=self.engine, digests=self.digests)

    @cached_property
    def event_polls(self) -> EventPolls:
        return EventPolls(engine=self.engine)

    @cached_property
    def runs(self) -> Runs:
        return Runs(engine=self.engine)

    @cached_property
    def figures(self) -> Figures:
        return Figures(engine=self.engine)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(engine=self.engine)

    @cached_property
    def standstills(self) -> Standstills:
        return Standstills(engine=self.engine)

    @cached_property
    def evidence(self) -> EvidenceBook:
        return EvidenceBook(engine=self.engine, digests=self.digests)

    @cached_property
    def listings(self) -> Listings:
        return Listings(engine=self.engine)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        return ApiTokens(engine=self.engine)

    @cached_property
    def api_answers(self) -> ApiAnswers:
        return ApiAnswers(engine=self.engine)

    @cached_property
    def admissions(self) -> Admissions:
        return Admissions(engine=self.engine, digests=self.digests)

    @cached_property
    def websub(self) -> WebSub:
        return WebSub(engine=self.engine)

    @cached_property
    def fence(self) -> Fence:
        return Fence(engine=self.engine, file=self.directory / "rundbrief.fence")

    def answers(self) -> bool:
        """Whether the database can be asked."""
        try:
            with reading(self.engine) as tx:
                tx.execute(select(1))
        except StoreUnavailable:
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def open_store(
    url: str, directory: Path, now: datetime, digests: Callable[[Path], Digests] = lambda _directory: no_digests
) -> Store:
    """Open the store, make or migrate its schema.  ``directory`` is where a PostgreSQL store's files are kept.

    ``digests`` makes, with a key that lies in the store's directory, what stands for addresses that are not kept.

    Raises `pipeline.errors.StoreError`.
    """
    engine = open_engine(url)
    try:
        backup = migrate(engine, now)
        uid, created = ensure_instance(engine, now)
    except BaseException:
        engine.dispose()
        raise
    file = sqlite_file(engine)
    home = file.parent if file else directory
    return Store(engine, uid, created, home, backup, digests(home))
