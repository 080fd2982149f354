"""Notices: messages about a subscription, each to one person because of something that they just did."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What it says; ``templates/email`` has a template for each."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice that has no message yet.

    ``sign_up`` is what is to be confirmed, ``subscription`` the one that it is about; each where there is one.
    ``name`` is the person's, "" while it is not known that they gave it themselves.  ``language`` is a BCP 47 tag, ""
    for the newsletter's.
    """

    id: uuid.UUID
    kind: NoticeKind
    newsletter: str
    cadence: str
    language: str
    created: datetime
    name: str = ""
    sign_up: int | None = None
    subscription: int | None = None
