"""Tables about operating: what is kept of runs."""

from __future__ import annotations

from datetime import timedelta

from pipeline.config.table import Table
from pipeline.config.values import Duration


class Runs(Table):
    """[runs]: what is kept of runs."""

    keep: Duration = timedelta(days=90)
    """How long `rundbrief runs` knows a run; of each job the newest stays."""
