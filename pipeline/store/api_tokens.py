"""The tokens of the API, of which only digests are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, Row, or_, select, update

from pipeline.domain.api_token import ApiToken, Scope, TokenId
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import api_token

_NOTED_EVERY = timedelta(minutes=1)
"""A read of the API is no write to the store each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokens:
    """The tokens of one store."""

    engine: Engine

    def create(
        self, name: str, secret: str, scopes: Collection[Scope], expires: datetime | None, now: datetime
    ) -> ApiToken | None:
        """None where there is a token of that name already."""
        values = {
            "name": name,
            "digest": _digest(secret),
            "scopes": " ".join(sorted(scopes)),
            "created_at": now,
            "expires_at": expires,
        }
        with writing(self.engine) as tx:
            made = insert_new(tx, api_token).values(values).on_conflict_do_nothing()
            row = tx.execute(made.returning(api_token)).one_or_none()
        return _token(row) if row else None

    def good(self, secret: str, now: datetime) -> ApiToken | None:
        """The token with this secret, which is noted as used; None where it is none, has expired or was revoked."""
        with reading(self.engine) as tx:
            row = tx.execute(select(api_token).where(api_token.c.digest == _digest(secret))).one_or_none()
        token = _token(row) if row else None
        if token is None or not token.is_good(now):
            return None
        if token.used is None or now - token.used >= _NOTED_EVERY:
            with writing(self.engine) as tx:
                earlier = or_(api_token.c.used_at.is_(None), api_token.c.used_at < now)
                tx.execute(update(api_token).where(api_token.c.id == token.id, earlier).values(used_at=now))
        return token

    def revoke(self, name: str, now: datetime) -> bool:
        """Let it be good no more; False where there is no such token, or it was revoked before."""
        mine = update(api_token).where(api_token.c.name == name, api_token.c.revoked_at.is_(None))
        with writing(self.engine) as tx:
            return tx.execute(mine.values(revoked_at=now)).rowcount == 1

    def listed(self) -> Sequence[ApiToken]:
        with reading(self.engine) as tx:
            return [_token(row) for row in tx.execute(select(api_token).order_by(api_token.c.name))]


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=TokenId(row.id),
        name=row.name,
        scopes=frozenset(Scope(name) for name in row.scopes.split() if name in set(Scope)),
        created=row.created_at,
        expires=row.expires_at,
        revoked=row.revoked_at,
        used=row.used_at,
    )
