"""Links between a feed and its archives (RFC 5005), which Atom and RSS have alike."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.publish.format import Ending, FeedHead
from pipeline.publish.uri import to_uri

FH = "http://purl.org/syndication/history/1.0"
ARCHIVE_MARK = f"{{{FH}}}archive"


def archive_links(head: FeedHead, ending: Ending, format_: str) -> Iterator[tuple[str, str]]:
    """The relations and addresses of the documents around one."""
    if head.part:
        yield "current", to_uri(head.address(format_))
    if ending.previous:
        yield "prev-archive", to_uri(head.address(format_, ending.previous))
    if ending.following:
        yield "next-archive", to_uri(head.address(format_, ending.following))
