"""What a newsletter's table says of counting what readers do."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.config.table import Table


class Tracking(Table):
    """[newsletters.tracking]: what is counted.  Nothing is, and mail has no trace of it, unless it is turned on."""

    opens: bool = False
    """Whether openings are counted, by a picture of one pixel."""

    clicks: bool = False
    """Whether clicks are counted, by links that lead over this site."""

    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """After so many days only the sums of an issue are kept, no longer which of its links were clicked."""

    @property
    def on(self) -> bool:
        return self.opens or self.clicks
