"""config.toml ─▶ frozen objects, every mistake with its key path, its line and the nearest valid name."""

from __future__ import annotations

from pipeline.config.addresses import Listen, Mailbox
from pipeline.config.load import load
from pipeline.config.model import Config, Feed, Newsletter, Publish, Site, Store, Templates, Web
from pipeline.config.providers import MailgunProvider, OutboxProvider, Provider, SmtpProvider
from pipeline.config.schema import json_schema
from pipeline.config.sources import DirectorySource, FeedSource, SitemapSource, Source, WordPressSource
from pipeline.config.values import ALL, IMMEDIATE

__all__ = [
    "ALL",
    "IMMEDIATE",
    "Config",
    "DirectorySource",
    "Feed",
    "FeedSource",
    "Listen",
    "Mailbox",
    "MailgunProvider",
    "Newsletter",
    "OutboxProvider",
    "Provider",
    "Publish",
    "Site",
    "SitemapSource",
    "SmtpProvider",
    "Source",
    "Store",
    "Templates",
    "Web",
    "WordPressSource",
    "json_schema",
    "load",
]
