"""config.toml ─▶ frozen objects, every mistake with its key path, its line and the nearest valid name."""

from __future__ import annotations

from pipeline.config.addresses import SELF, Listen, Mailbox
from pipeline.config.alerts import AlertMail, Alerts
from pipeline.config.bounces import Bounces
from pipeline.config.brand import Brand
from pipeline.config.budgeted import Budgeted
from pipeline.config.feeds import Feed
from pipeline.config.list_owners import ListOwner
from pipeline.config.load import load
from pipeline.config.model import Config, Newsletter, Publish, Site, Store, Templates, Web
from pipeline.config.pictures import Pictures
from pipeline.config.podcast import Podcast
from pipeline.config.providers import (
    ApiProvider,
    BrevoProvider,
    MailgunProvider,
    OutboxProvider,
    OwnProvider,
    PostmarkProvider,
    Provider,
    ResendProvider,
    SendGridProvider,
    SesProvider,
    SmtpProvider,
    SparkPostProvider,
)
from pipeline.config.schema import json_schema
from pipeline.config.sign_up import SignUp
from pipeline.config.sources import DirectorySource, FeedSource, PushSource, SitemapSource, Source, WordPressSource
from pipeline.config.values import ALL, IMMEDIATE

__all__ = [
    "ALL",
    "IMMEDIATE",
    "SELF",
    "AlertMail",
    "Alerts",
    "ApiProvider",
    "Bounces",
    "Brand",
    "BrevoProvider",
    "Budgeted",
    "Config",
    "DirectorySource",
    "Feed",
    "FeedSource",
    "ListOwner",
    "Listen",
    "Mailbox",
    "MailgunProvider",
    "Newsletter",
    "OutboxProvider",
    "OwnProvider",
    "Pictures",
    "Podcast",
    "PostmarkProvider",
    "Provider",
    "Publish",
    "PushSource",
    "ResendProvider",
    "SendGridProvider",
    "SesProvider",
    "SignUp",
    "Site",
    "SitemapSource",
    "SmtpProvider",
    "Source",
    "SparkPostProvider",
    "Store",
    "Templates",
    "Web",
    "WordPressSource",
    "json_schema",
    "load",
]
