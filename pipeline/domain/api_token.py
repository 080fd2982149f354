"""Tokens of the API: what each may do, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

TokenId = NewType("TokenId", int)


class Scope(StrEnum):
    """What a token may do.  Who may write may not thereby read."""

    ARTICLES_READ = "articles:read"
    ARTICLES_WRITE = "articles:write"
    SUBSCRIBERS_READ = "subscribers:read"
    SUBSCRIBERS_WRITE = "subscribers:write"
    ISSUES_READ = "issues:read"
    ISSUES_WRITE = "issues:write"
    OPERATION_READ = "operation:read"
    """Runs, the plan, and whether mailing is on hold."""
    OPERATION_WRITE = "operation:write"
    """Put mailing on hold, and let it go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token without its secret.  Times are aware, in UTC; None for what never happened, or never will."""

    id: TokenId
    name: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    used: datetime | None

    def is_good(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)
