"""The table [retention]: how long people are known who have left."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from pipeline.config.table import Table
from pipeline.config.values import Duration

_SHORTEST = timedelta(days=1)


def _long_enough(length: timedelta) -> timedelta:
    if length < _SHORTEST:
        raise ValueError("is too short: people take back that they left; a day at least")
    return length


class Retention(Table):
    """[retention]: what is deleted by itself."""

    unsubscribed: Annotated[Duration, AfterValidator(_long_enough)] | None = None
    """How long people are known whose last subscription has ended; then all of them is deleted. If absent, for ever."""
