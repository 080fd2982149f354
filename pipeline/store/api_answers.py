"""What requests with an Idempotency-Key were answered, so that one that comes again does nothing again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, and_, delete, select, update

from pipeline.domain.api_token import TokenId
from pipeline.store.database import writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import api_answer

KEPT = timedelta(days=1)
_BROKEN_OFF = timedelta(minutes=2)
"""After how long without an answer a request counts as broken off, and may be made again."""


class Turn(StrEnum):
    """Whose turn a request with a key is."""

    OURS = "ours"
    ANSWERED = "answered"
    OTHER = "other"
    """The key came before with another request."""
    BUSY = "busy"
    """The same request is being worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``status`` and ``body`` are there where it was answered before."""

    turn: Turn
    status: int = 0
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswers:
    """The answers of one store."""

    engine: Engine

    def begin(self, token: TokenId, key: str, request: str, now: datetime) -> Answer:
        """Take the turn of a request, of which ``request`` is a digest; or say why not."""
        mine = and_(api_answer.c.token_id == token, api_answer.c.key == key)
        row = {"token_id": token, "key": key, "request": request, "asked_at": now}
        with writing(self.engine) as tx:
            tx.execute(delete(api_answer).where(api_answer.c.asked_at < now - KEPT))
            new = insert_new(tx, api_answer).values(row).on_conflict_do_nothing().returning(api_answer.c.key)
            if tx.execute(new).one_or_none() is not None:
                return Answer(turn=Turn.OURS)
            known = tx.execute(select(api_answer).where(mine).with_for_update()).one()
            if known.request != request:
                return Answer(turn=Turn.OTHER)
            if known.status is not None:
                return Answer(turn=Turn.ANSWERED, status=known.status, body=known.body or "")
            if now - known.asked_at < _BROKEN_OFF:
                return Answer(turn=Turn.BUSY)
            tx.execute(update(api_answer).where(mine).values(asked_at=now))
            return Answer(turn=Turn.OURS)

    def keep(self, token: TokenId, key: str, status: int, body: str) -> None:
        mine = and_(api_answer.c.token_id == token, api_answer.c.key == key)
        with writing(self.engine) as tx:
            tx.execute(update(api_answer).where(mine).values(status=status, body=body))

    def drop(self, token: TokenId, key: str) -> None:
        """Forget a request of which nothing came: it may be made again."""
        mine = and_(api_answer.c.token_id == token, api_answer.c.key == key, api_answer.c.status.is_(None))
        with writing(self.engine) as tx:
            tx.execute(delete(api_answer).where(mine))
