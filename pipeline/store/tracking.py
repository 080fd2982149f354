"""Openings and clicks, as numbers of an issue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, delete, func, select

from pipeline.domain.ledger import IssueId
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import issue, tracked_link

_OPEN, _SUM = "open", "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """``opens`` and ``clicks`` count what happened, not to how many people; ``links`` while they are told apart."""

    opens: int = 0
    clicks: int = 0
    links: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """The numbers of one store."""

    engine: Engine

    def count(self, id_: int, url: str) -> None:
        """One opening, or one click on that link."""
        link = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest() if url else _OPEN
        with writing(self.engine) as tx:
            if tx.execute(select(issue.c.id).where(issue.c.id == id_)).first() is None:
                return
            made = insert_new(tx, tracked_link).values(issue_id=id_, link=link, url=url, times=1)
            again = made.on_conflict_do_update(
                index_elements=["issue_id", "link"], set_={"times": tracked_link.c.times + 1}
            )
            tx.execute(again)

    def of_issue(self, id_: IssueId) -> Tally:
        with reading(self.engine) as tx:
            found = select(tracked_link).where(tracked_link.c.issue_id == id_).order_by(tracked_link.c.times.desc())
            rows = tx.execute(found.order_by(tracked_link.c.url)).all()
        return Tally(
            opens=sum(row.times for row in rows if row.link == _OPEN),
            clicks=sum(row.times for row in rows if row.link != _OPEN),
            links={row.url: row.times for row in rows if row.link not in (_OPEN, _SUM)},
        )

    def sum_up(self, newsletter: str, before: datetime) -> None:
        """Keep only the sum of the clicks of issues that were frozen before."""
        old = select(issue.c.id).where(issue.c.newsletter == newsletter, issue.c.frozen_at < before)
        apart = (tracked_link.c.issue_id.in_(old), tracked_link.c.link.not_in((_OPEN, _SUM)))
        with writing(self.engine) as tx:
            sums = select(tracked_link.c.issue_id, func.sum(tracked_link.c.times).label("times"))
            rows = tx.execute(sums.where(*apart).group_by(tracked_link.c.issue_id)).all()
            if not rows:
                return
            made = insert_new(tx, tracked_link)
            added = made.on_conflict_do_update(
                index_elements=["issue_id", "link"], set_={"times": tracked_link.c.times + made.excluded.times}
            )
            tx.execute(added, [{"issue_id": row.issue_id, "link": _SUM, "url": "", "times": row.times} for row in rows])
            tx.execute(delete(tracked_link).where(*apart))
