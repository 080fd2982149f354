"""What a JSON Feed must be (version 1.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

from pipeline.errors import PublishError
from pipeline.publish.gate import values
from pipeline.publish.gate.values import Refusal, check_size

_VERSION = "https://jsonfeed.org/version/1.1"
_LAST_LINE = b"]}\n"


def check_json_feed(document: BinaryIO) -> None:
    """Raises `pipeline.errors.PublishError` unless it is a feed that readers can use.

    The document must have its head in the first line and each item in a line of its own, as ours have, so that no more
    than one of them is held in memory.
    """
    check_size(document)
    number = 0
    try:
        _check_head(json.loads(document.readline().rstrip() + b"]}"))
        seen: set[str] = set()
        for line in document:
            if line == _LAST_LINE:
                break
            number += 1
            _check_item(json.loads(line.rstrip().removesuffix(b",")), seen)
        else:
            raise PublishError("the document would not be JSON: it has no end")
        if document.read(1):
            raise PublishError("the document would not be JSON: something stands behind its end")
    except Refusal as refusal:
        place = f"item {number} of the document" if number else "the feed"
        raise PublishError(f"{place}: {refusal}") from refusal
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PublishError(f"the document would not be a JSON Feed: {error}") from error


def _check_head(feed: Mapping[str, Any]) -> None:
    if feed["version"] != _VERSION:
        raise Refusal(f"its version is {feed['version']!r}")
    values.text(feed["title"], "its title")
    for name in ("feed_url", "home_page_url"):
        values.web_address(feed[name], name)
    if "next_url" in feed:
        values.web_address(feed["next_url"], "next_url")


def _check_item(item: Mapping[str, Any], seen: set[str]) -> None:
    if not isinstance(item["id"], str):
        raise Refusal("its id is no text")
    seen.add(values.new_id(item["id"], seen))
    values.web_address(item["url"], "its url")
    if "content_html" not in item and "content_text" not in item:
        raise Refusal("it has neither content_html nor content_text")
    published = values.rfc_3339(item["date_published"], "date_published")
    if "date_modified" in item and values.rfc_3339(item["date_modified"], "date_modified") < published:
        raise Refusal("it would be published after it was modified")
    for name in ("image", "banner_image", "external_url"):
        if name in item:
            values.web_address(item[name], name)
    for author in item.get("authors", ()):
        values.text(author["name"], "an author's name")
        if "url" in author:
            values.web_address(author["url"], "an author's address")
    for attachment in item.get("attachments", ()):
        values.web_address(attachment["url"], "an attachment's address")
        values.media_type(attachment["mime_type"], "an attachment's type")
