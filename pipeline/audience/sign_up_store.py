"""What signing up needs of the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pipeline.domain.audience import Subscription
from pipeline.domain.sign_up import NewSignUp, SignUp, SignUpId


class Confirmed(StrEnum):
    """What came of a confirmation."""

    DONE = "done"
    BEFORE = "before"
    """It had been confirmed before; nothing was done now."""
    TAKEN = "taken"
    """Mail was to go to an address that has a subscription of its own."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of it, and the subscription as it is now."""

    what: Confirmed
    subscription: Subscription


class SignUpStore(Protocol):
    """Sign-ups until they are confirmed."""

    def ask(self, asked: NewSignUp, now: datetime) -> None:
        """Take a sign-up down; nothing is looked up."""
        ...

    def find(self, id_: SignUpId, now: datetime) -> SignUp | None:
        """The sign-up; None where it is too late."""
        ...

    def confirm(self, id_: SignUpId, now: datetime, network: str, welcomes: Collection[str]) -> Confirmation | None:
        """Carry it out, once; None where it is too late."""
        ...
