"""When a page changed, as a sitemap has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.collect.dates import parse_date
from pipeline.collect.sources.sitemap_document import SitemapEntry

_JUST_NOW = timedelta(hours=1)
_FEW = 10


def entry_date(entry: SitemapEntry) -> datetime | None:
    return parse_date(entry.lastmod) or parse_date(entry.published)


def believed(entries: list[SitemapEntry], now: datetime) -> list[SitemapEntry]:
    """The entries, without a lastmod where that is the time at which the sitemap was made, the same for most pages."""
    moments = {entry.url: parse_date(entry.lastmod) for entry in entries if entry.lastmod}
    now_made = {url for url, moment in moments.items() if moment and moment > now - _JUST_NOW}
    if len(now_made) < _FEW or len(now_made) * 2 <= len(entries):
        return entries
    return [replace(entry, lastmod="") if entry.url in now_made else entry for entry in entries]
