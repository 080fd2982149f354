"""The formats that feeds are published in, the best for readers first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.publish.format import Format
    from pipeline.publish.pages import PageEnvironment

FORMATS = ("atom", "rss", "json", "html")
"""Their names in the configuration."""


def load_formats(pages: PageEnvironment) -> tuple[Format, ...]:
    """Every format, in the order of `FORMATS`.  ``pages`` is `pipeline.publish.pages.page_environment`."""
    # Imported here because feedgen and lxml take long, and the names above are wanted without them.
    from pipeline.publish.formats.atom import AtomFormat  # noqa: PLC0415
    from pipeline.publish.formats.html import HtmlFormat  # noqa: PLC0415
    from pipeline.publish.formats.jsonfeed import JsonFeedFormat  # noqa: PLC0415
    from pipeline.publish.formats.rss import RssFormat  # noqa: PLC0415

    return (AtomFormat(), RssFormat(), JsonFeedFormat(), HtmlFormat(pages))
