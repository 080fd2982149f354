"""The gate: reads a document back before anybody can see it, and refuses what readers could not use.

Each check is one pass over the document, in memory that does not grow with it, but for the ids.
"""

from __future__ import annotations

from pipeline.publish.gate.atom import check_atom
from pipeline.publish.gate.json_feed import check_json_feed
from pipeline.publish.gate.page import check_page
from pipeline.publish.gate.rss import check_rss

__all__ = ["check_atom", "check_json_feed", "check_page", "check_rss"]
