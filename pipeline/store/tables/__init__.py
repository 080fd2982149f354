"""The tables.  What must never happen twice is a UNIQUE constraint here, not a check elsewhere."""

from __future__ import annotations

from pipeline.store.tables.adoption import adopted_id, adopted_name
from pipeline.store.tables.alerts import alert, alert_told
from pipeline.store.tables.api import api_answer, api_token
from pipeline.store.tables.articles import alias, article, article_facet, article_topic, gap, revision, sighting, source
from pipeline.store.tables.audience import subscriber, subscription, subscription_group, suppression, topic_set
from pipeline.store.tables.base import metadata
from pipeline.store.tables.budgets import budget, provider_standing
from pipeline.store.tables.events import event, event_count, event_poll, webhook_token
from pipeline.store.tables.mailing import batch, correction, delivery, issue, newsletter, variant, variant_group
from pipeline.store.tables.operation import instance, run, schedule
from pipeline.store.tables.pictures import article_picture, picture, picture_scan
from pipeline.store.tables.sign_ups import consent_text, notice, private_feed, sign_up
from pipeline.store.tables.tracking import tracked_link
from pipeline.store.tables.websub import websub_request, websub_subscription, websub_topic

__all__ = [
    "adopted_id",
    "adopted_name",
    "alert",
    "alert_told",
    "alias",
    "api_answer",
    "api_token",
    "article",
    "article_facet",
    "article_picture",
    "article_topic",
    "batch",
    "budget",
    "consent_text",
    "correction",
    "delivery",
    "event",
    "event_count",
    "event_poll",
    "gap",
    "instance",
    "issue",
    "metadata",
    "newsletter",
    "notice",
    "picture",
    "picture_scan",
    "private_feed",
    "provider_standing",
    "revision",
    "run",
    "schedule",
    "sighting",
    "sign_up",
    "source",
    "subscriber",
    "subscription",
    "subscription_group",
    "suppression",
    "topic_set",
    "tracked_link",
    "variant",
    "variant_group",
    "webhook_token",
    "websub_request",
    "websub_subscription",
    "websub_topic",
]
