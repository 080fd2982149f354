"""[pictures]: copies of articles' pictures, for mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import BaseUrl, Duration, FilePath, Listed

Width = Annotated[int, Field(ge=100, le=2_000)]


class Pictures(Table):
    """[pictures]: copies of the pictures in articles, so that mail loads them from here."""

    enabled: bool = False
    """Whether pictures are copied, and mail has the copies."""

    directory: FilePath = Path("pictures")
    """Where the files are written; `rundbrief serve` has them at `/pictures/`, any other web server can."""

    url: BaseUrl = ""
    """The public address of that directory; if absent, `/pictures` behind the address of the site."""

    widths: Annotated[tuple[Width, ...], Field(min_length=1, max_length=4), Listed] = (720, 1072)
    """How many pixels wide the copies are made, where the original is wider; mail is 536 wide, of two pixels each."""

    quality: Annotated[int, Field(ge=30, le=95)] = 80
    """The quality of copies that are JPEG."""

    max_bytes: Annotated[int, Field(ge=10_000, le=100_000_000)] = 15_000_000
    """How many bytes an original may have; a larger one is not copied."""

    keep: Duration = timedelta(days=90)
    """How long a copy stays that no article shows any more: mail that was read before may be opened again."""
