"""The tables.  What must never happen twice is a UNIQUE constraint here, not a check elsewhere."""

from __future__ import annotations

from pipeline.store.tables.articles import alias, article, article_topic, gap, revision, sighting, source
from pipeline.store.tables.audience import subscriber, subscription, suppression, topic_set
from pipeline.store.tables.base import metadata
from pipeline.store.tables.mailing import batch, delivery, issue, newsletter, variant, variant_group
from pipeline.store.tables.operation import instance, run, schedule

__all__ = [
    "alias",
    "article",
    "article_topic",
    "batch",
    "delivery",
    "gap",
    "instance",
    "issue",
    "metadata",
    "newsletter",
    "revision",
    "run",
    "schedule",
    "sighting",
    "source",
    "subscriber",
    "subscription",
    "suppression",
    "topic_set",
    "variant",
    "variant_group",
]
