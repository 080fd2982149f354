"""Tables about operating: what is kept of runs, and what monitoring gets."""

from __future__ import annotations

from datetime import timedelta

from pipeline.config.table import Table
from pipeline.config.values import Duration, EnvironmentName


class Runs(Table):
    """[runs]: what is kept of runs."""

    keep: Duration = timedelta(days=90)
    """How long `rundbrief runs` knows a run; of each job the newest stays."""


class Metrics(Table):
    """[metrics]: whether `rundbrief serve` has `/metrics` for Prometheus, and for whom."""

    token_env: EnvironmentName | None = None
    """The environment variable that holds the token; a scraper sends it as `Authorization: Bearer TOKEN`."""

    loopback: bool = False
    """Whether programs on this machine need no token; not where a proxy on it would pass the public on."""
