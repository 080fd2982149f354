"""What a newsletter's table says of how its issues are put together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Text
from pipeline.domain.issue import MOST


class Composition(Table):
    """The keys of [[newsletters]] that say what its issues carry, and in which order."""

    max_articles: Annotated[int, Field(ge=1, le=MOST)] = MOST
    """How many articles an issue shows; the others are in it as a list of links."""

    order: Literal["newest", "oldest"] = "newest"
    """Which articles come first."""

    lead: Text | None = None
    """A topic: an article that has it stands before all others."""

    group_by: Literal["topic"] | None = None
    """`"topic"` puts articles under the headings of their topics, in the order in which `topics` names these."""

    corrections: bool = True
    """Whether an issue says which articles of earlier ones were retracted, or corrected by you."""
