"""What a newsletter's table says of the first recipients of an issue."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Duration

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Canary(Table):
    """The keys of [[newsletters]] that let a few recipients go ahead."""

    canary: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """So many recipients of an issue go ahead; the others follow if little comes back from them.  0: all at once."""

    canary_wait: Duration = timedelta(minutes=30)
    """How long what comes back from them is waited for."""

    canary_bounces: Percent = 5.0
    """The most of them, in percent, that may bounce for good; more halt the issue."""

    canary_complaints: Percent = 0.3
    """The most of them, in percent, that may complain; more halt the issue."""
