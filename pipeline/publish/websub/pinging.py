"""Telling a foreign hub that a topic has changed (WebSub leaves this open; it is as public hubs want it)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

PING_HEADERS: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}


def ping(topic: str) -> bytes:
    """The body of the POST.  Hubs read either ``hub.url`` (PubSubHubbub) or ``hub.topic``."""
    return urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
