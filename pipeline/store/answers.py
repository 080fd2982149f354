"""Answers of sources, each recorded whole: its articles, when it is asked next, and what may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from pipeline.collect.collect import Collected, SourceRules
from pipeline.collect.completeness import Completed
from pipeline.store.polls import own_row, write_answer, write_gap
from pipeline.store.recording import Recording
from pipeline.store.tables import instance

_LOCK = select(instance.c.id).with_for_update()

Answer = tuple[SourceRules, Completed, datetime]


def record_answer(tx: Connection, answer: Answer) -> Collected:
    """Record one answer in the caller's transaction."""
    _take_turn(tx)
    return _record(tx, *answer)


def record_answers(tx: Connection, answers: Sequence[Answer]) -> Sequence[Collected | Exception]:
    """Record answers in the caller's transaction; of one that can't be recorded nothing is, and its error is returned.

    Raises OperationalError where it is the database that fails, and whatever a single one raises: then nothing may be
    committed.
    """
    if len(answers) == 1:
        return [record_answer(tx, answers[0])]
    _take_turn(tx)
    outcomes: list[Collected | Exception] = []
    for answer in answers:
        try:
            with tx.begin_nested():
                outcomes.append(_record(tx, *answer))
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad source never costs the others
            outcomes.append(error)
    return outcomes


def _take_turn(tx: Connection) -> None:
    """One after the other: two sources that show the same new article at once would make two of it."""
    # SQLite has one writer anyway.
    if tx.dialect.name == "postgresql":
        tx.execute(_LOCK)


def _record(tx: Connection, rules: SourceRules, done: Completed, now: datetime) -> Collected:
    row = own_row(tx, rules)
    first = row.first_collected_at is None
    recorded = Recording(tx, rules, done.collection, now, first).record()
    write_answer(tx, row, done, now)
    write_gap(tx, rules.name, done, now)
    return recorded
