"""Runs and the slots of schedules."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, func, or_, select, update

from pipeline.domain.run import Run, RunId, RunOutcome, StartedBy
from pipeline.errors import Problem
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import run, schedule

_NO_VERDICT = (RunOutcome.RUNNING, RunOutcome.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The runs of one store."""

    engine: Engine

    def last_slot(self, job: str, now: datetime) -> datetime:
        """The last slot of the job that was dealt with; ``now`` for a job that is seen for the first time.

        One that lies in the future, because the clock was ahead, is brought back: slots are unique, so none is dealt
        with twice, and the job must not stand still until then.
        """
        known = self.known_slot(job)
        if known is not None and known <= now:
            return known
        with writing(self.engine) as tx:
            fresh = insert_new(tx, schedule).values(job=job, last_slot=now)
            back = fresh.on_conflict_do_update(
                index_elements=["job"], set_={"last_slot": now}, where=schedule.c.last_slot > now
            )
            tx.execute(back)
            first: datetime = tx.execute(select(schedule.c.last_slot).where(schedule.c.job == job)).scalar_one()
        return first

    def known_slot(self, job: str) -> datetime | None:
        """The last slot of the job that was dealt with; None for one that never was seen."""
        with reading(self.engine) as tx:
            known: datetime | None = tx.execute(
                select(schedule.c.last_slot).where(schedule.c.job == job)
            ).scalar_one_or_none()
        return known

    def known_slots(self) -> Mapping[str, datetime]:
        """The last slot that was dealt with, of each job that was ever seen."""
        with reading(self.engine) as tx:
            return dict(tx.execute(select(schedule.c.job, schedule.c.last_slot)).all())

    def pass_slot(self, job: str, slot: datetime) -> None:
        """Remember that all slots of the job up to this one were dealt with; never goes back."""
        with writing(self.engine) as tx:
            later = update(schedule).where(schedule.c.job == job, schedule.c.last_slot < slot)
            tx.execute(later.values(last_slot=slot))

    def begin(
        self, job: str, slot: datetime | None, owner: str, now: datetime, by: StartedBy = StartedBy.PERSON
    ) -> RunId | None:
        """Record that a run begins.  None if there was one for this slot: then nothing is to do.

        A run that was broken off is taken up again.
        """
        begun = {"job": job, "slot": slot, "started_at": now, "outcome": RunOutcome.RUNNING, "owner": owner}
        begun["started_by"] = by
        again = {"started_at": now, "ended_at": None, "outcome": RunOutcome.RUNNING, "owner": owner, "reason": ""}
        again["started_by"] = by
        with writing(self.engine) as tx:
            fresh = insert_new(tx, run).values(begun)
            fresh = fresh.on_conflict_do_update(
                index_elements=["job", "slot"], set_=again, where=run.c.outcome == RunOutcome.BROKEN_OFF
            )
            id_ = tx.execute(fresh.returning(run.c.id)).scalar_one_or_none()
        return None if id_ is None else RunId(id_)

    def end(
        self,
        id_: RunId,
        outcome: RunOutcome,
        counts: Mapping[str, Any],
        problems: Sequence[Problem],
        now: datetime,
        log: Sequence[Mapping[str, str]] = (),
    ) -> None:
        ended = {
            "outcome": outcome,
            "ended_at": now,
            "counts": json.dumps(counts, default=str),
            "problems": json.dumps([asdict(problem) for problem in problems], ensure_ascii=False),
            "log": json.dumps(log, ensure_ascii=False),
        }
        with writing(self.engine) as tx:
            tx.execute(update(run).where(run.c.id == id_).values(ended))

    def forget(self, id_: RunId) -> None:
        """Remove a run in which there was nothing to do."""
        with writing(self.engine) as tx:
            tx.execute(delete(run).where(run.c.id == id_, run.c.slot.is_(None)))

    def close_slot(
        self,
        job: str,
        slot: datetime,
        outcome: RunOutcome,
        reason: str,
        now: datetime,
        by: StartedBy = StartedBy.SCHEDULE,
    ) -> None:
        """Record how a slot ended that took no time: skipped, missed, or done at once.  The first record stays."""
        ended = {"job": job, "slot": slot, "started_at": now, "ended_at": now, "outcome": outcome, "reason": reason}
        ended["started_by"] = by
        with writing(self.engine) as tx:
            tx.execute(insert_new(tx, run).values(ended).on_conflict_do_nothing())

    def break_off(
        self, dead: Sequence[str], now: datetime, reason: str = "the process ended before the run did"
    ) -> int:
        """End the runs of owners that died; returns how many."""
        over = update(run).where(run.c.outcome == RunOutcome.RUNNING, run.c.owner.in_(dead))
        ended = {"outcome": RunOutcome.BROKEN_OFF, "ended_at": now, "reason": reason}
        with writing(self.engine) as tx:
            return tx.execute(over.values(ended)).rowcount

    def owners(self) -> Sequence[str]:
        """Who is running something."""
        with reading(self.engine) as tx:
            return tx.execute(select(run.c.owner).where(run.c.outcome == RunOutcome.RUNNING).distinct()).scalars().all()

    def newest(
        self, *, limit: int = 20, job: str | None = None, outcomes: Collection[RunOutcome] = ()
    ) -> Sequence[Run]:
        """The newest first; of this job, and that ended so, if these are given."""
        query = select(run).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(limit)
        if job is not None:
            query = query.where(run.c.job == job)
        if outcomes:
            query = query.where(run.c.outcome.in_(outcomes))
        with reading(self.engine) as tx:
            return [to_run(row) for row in tx.execute(query)]

    def last_of_each(self) -> Sequence[Run]:
        """Each job's newest run that is over and was not skipped, by job."""
        newest = select(func.max(run.c.id)).where(run.c.outcome.not_in(_NO_VERDICT)).group_by(run.c.job)
        with reading(self.engine) as tx:
            return [to_run(row) for row in tx.execute(select(run).where(run.c.id.in_(newest)).order_by(run.c.job))]

    def following(self, after: RunId, watched: Collection[RunId] = ()) -> Sequence[Run]:
        """The runs after this one, and these, oldest first."""
        query = select(run).where(or_(run.c.id > after, run.c.id.in_(watched))).order_by(run.c.id)
        with reading(self.engine) as tx:
            return [to_run(row) for row in tx.execute(query)]

    def prune(self, before: datetime) -> int:
        """Forget runs that began before this; of each job the newest stays.  Returns how many."""
        newest = select(func.max(run.c.id)).group_by(run.c.job)
        old = delete(run).where(run.c.started_at < before, run.c.outcome != RunOutcome.RUNNING)
        with writing(self.engine) as tx:
            return tx.execute(old.where(run.c.id.not_in(newest))).rowcount

    def one(self, id_: RunId) -> Run | None:
        with reading(self.engine) as tx:
            row = tx.execute(select(run).where(run.c.id == id_)).one_or_none()
        return to_run(row) if row else None


def to_run(row: Row[Any]) -> Run:
    return Run(
        id=RunId(row.id),
        job=row.job,
        slot=row.slot,
        started=row.started_at,
        ended=row.ended_at,
        outcome=RunOutcome(row.outcome),
        reason=row.reason,
        counts=json.loads(row.counts),
        problems=tuple(Problem(**problem) for problem in json.loads(row.problems)),
        started_by=StartedBy(row.started_by) if row.started_by else None,
        log=tuple(json.loads(row.log)),
    )
