"""What is remembered of a source's polls: one row, written after each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, select, update

from pipeline.collect.collect import Failure, SourceRules
from pipeline.collect.completeness import Completed, Gap
from pipeline.domain.polling import back_off
from pipeline.store.statements import insert_new
from pipeline.store.tables import gap, source

# What was learnt at one address and is worth nothing at another.
_UNLEARNT: dict[str, Any] = {
    "asked": None,
    "etag": None,
    "last_modified": None,
    "moved_to": None,
    "next_poll_at": None,
    "asked_until": None,
    "ended_at": None,
    "failing_since": None,
    "failures": 0,
    "error": None,
    "remark": None,
    "last_window": 0,
}
# Statements that each poll needs are made once: that takes longer than to carry them out.
_OWN_ROW = select(source).where(source.c.name == bindparam("source_name")).with_for_update()
_ANSWERED = (
    *("asked", "etag", "last_modified", "moved_to", "first_collected_at", "last_attempt_at", "last_success_at"),
    *("last_status", "next_poll_at", "asked_until", "ended_at", "failing_since", "failures", "error"),
    *("polls", "unmodified", "requests", "received"),
)


def _writing(*columns: str) -> Update:
    """An update of one source's row with parameters that are called after the columns."""
    return (
        update(source)
        .where(source.c.name == bindparam("source_name"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )


_WRITE_ANSWER = _writing(*_ANSWERED)
_WRITE_CHANGED = _writing(*_ANSWERED, "remark", "last_window", "windows", "shown")


def own_row(tx: Connection, rules: SourceRules) -> Row[Any]:
    """The source's row, locked; made where there is none, and without what another address taught."""
    named = {"source_name": rules.name}
    row = tx.execute(_OWN_ROW, named).one_or_none()
    if row is None:
        made = insert_new(tx, source).values(name=rules.name, address=rules.address).on_conflict_do_nothing()
        tx.execute(made)
        row = tx.execute(_OWN_ROW, named).one()
    if row.address == rules.address:
        return row
    tx.execute(update(source).where(source.c.name == rules.name).values(address=rules.address, **_UNLEARNT))
    return tx.execute(_OWN_ROW, named).one()


def write_answer(tx: Connection, row: Row[Any], done: Completed, now: datetime) -> None:
    """The source answered."""
    collection, state = done.collection, done.collection.state
    values = {
        "asked": state.asked,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "moved_to": state.moved_to,
        "first_collected_at": row.first_collected_at or now,
        "last_attempt_at": now,
        "last_success_at": now,
        "last_status": _status(done) if collection.requests else None,
        "next_poll_at": collection.poll_after,
        "asked_until": None,
        "ended_at": None,
        "failing_since": None,
        "failures": 0,
        "error": None,
        "polls": row.polls + 1,
        "unmodified": row.unmodified + collection.not_modified,
        "requests": row.requests + collection.requests,
        "received": row.received + collection.received,
    }
    if not collection.not_modified:
        values |= {
            "remark": collection.remark,
            "last_window": done.window,
            "windows": row.windows + 1,
            "shown": row.shown + done.window,
        }
    statement = _WRITE_ANSWER if collection.not_modified else _WRITE_CHANGED
    tx.execute(statement, {"source_name": row.name} | {f"new_{name}": value for name, value in values.items()})


_WRITE_UNCHANGED = (
    update(source)
    .where(source.c.name == bindparam("source_name"))
    .values(
        address=bindparam("at"),
        asked=bindparam("asked_at"),
        etag=bindparam("new_etag"),
        last_modified=bindparam("modified"),
        moved_to=bindparam("moved"),
        last_attempt_at=bindparam("now"),
        last_success_at=bindparam("now"),
        last_status=int(HTTPStatus.NOT_MODIFIED),
        next_poll_at=bindparam("next_poll"),
        asked_until=None,
        ended_at=None,
        failing_since=None,
        failures=0,
        error=None,
        polls=source.c.polls + 1,
        unmodified=source.c.unmodified + 1,
        requests=source.c.requests + bindparam("more_requests"),
        received=source.c.received + bindparam("more_received"),
    )
)


def write_unchanged(tx: Connection, answers: Sequence[tuple[SourceRules, Completed, datetime]]) -> None:
    """Several sources, each of which answered before, had nothing new."""
    rows = [
        {
            "source_name": rules.name,
            "at": rules.address,
            "asked_at": done.collection.state.asked,
            "new_etag": done.collection.state.etag,
            "modified": done.collection.state.last_modified,
            "moved": done.collection.state.moved_to,
            "now": now,
            "next_poll": done.collection.poll_after,
            "more_requests": done.collection.requests,
            "more_received": done.collection.received,
        }
        # In the order of their names, so that two processes lock rows in the same order.
        for rules, done, now in sorted(answers, key=lambda answer: answer[0].name)
    ]
    tx.execute(_WRITE_UNCHANGED, rows)


def write_failure(tx: Connection, row: Row[Any], failure: Failure, interval: timedelta, now: datetime) -> None:
    """The source failed; it is left alone for as long as it asked, and longer the more often it failed."""
    failures = row.failures + 1
    asked_until = now + failure.wait if failure.wait and interval else None
    backed_off = now + back_off(row.name, failures, interval)
    values = {
        "last_attempt_at": now,
        "last_status": failure.status,
        "next_poll_at": max(asked_until or backed_off, backed_off),
        "asked_until": asked_until,
        "ended_at": now if failure.gone else None,
        "failing_since": row.failing_since or now,
        "failures": failures,
        "error": failure.error,
        "polls": row.polls + 1,
    }
    tx.execute(update(source).where(source.c.name == row.name).values(values))


def write_gap(tx: Connection, name: str, done: Completed, now: datetime) -> None:
    """A gap that was found, or what came of asking again for those that may be closed."""
    if done.gap is None and not done.closed:
        return
    open_ = (gap.c.source == name, gap.c.closed_at.is_(None), gap.c.retry)
    if done.closed:
        tx.execute(update(gap).where(*open_).values(closed_at=now, retry=False))
    elif done.gap is not None and done.found:
        tx.execute(gap.insert().values(source=name, found_at=now, **_bounds(done.gap)))
    elif done.gap is not None:
        tx.execute(update(gap).where(*open_).values(why=done.gap.why, retry=done.gap.retry))


def _status(done: Completed) -> int:
    return HTTPStatus.NOT_MODIFIED if done.collection.not_modified else HTTPStatus.OK


def _bounds(found: Gap) -> dict[str, Any]:
    return {"since": found.since, "upto": found.upto, "why": found.why, "retry": found.retry}
