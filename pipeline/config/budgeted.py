"""What a provider's table says of how much it may be given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Listed

PerSecond = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]

Recipients = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Budgeted(Table):
    """What a provider may be given, and no more."""

    per_second: PerSecond | None = None
    """At most so many recipients a second, and a call; if absent, as fast as it goes."""

    per_hour: Recipients | None = None
    """At most so many recipients an hour, by the clock."""

    per_day: Recipients | None = None
    """At most so many recipients a day, in UTC."""

    warm_up: Annotated[tuple[Recipients, ...], Field(max_length=365), Listed] = ()
    """At most so many recipients on the first days that a sender's domain is mailed from; after them, no limit."""
