"""The ways in which events reach us, made of the configuration's tables and of the environment's secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, cast

from pipeline import config
from pipeline.deliver.event import Mailbox, SuppressionList, Webhook
from pipeline.domain.event import EventRules
from pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pipeline.audience.tokens import TokenKeys
    from pipeline.deliver.events.mailgun_account import MailgunAccount
    from pipeline.deliver.events.verp import Verp

Fetch = Callable[[str], bytes]

# By the type of the provider; each is told its secret, and knows it for a key or a password.
_WEBHOOKS = frozenset(
    {"brevo", "mailersend", "mailgun", "mailjet", "postal", "postmark", "resend", "sendgrid", "smtp2go", "sparkpost"}
)
# Those whose secret travels, and is as good as its length.
_BY_SECRET = frozenset({"brevo", "mailjet", "postmark", "smtp2go", "sparkpost"})
_SHORTEST_SECRET = 16
_BOUNCE_KEY = "bounce address"
_PORTS = {"tls": 993, "starttls": 143, "none": 143}


def event_rules(settings: config.Config) -> EventRules:
    bounces = settings.bounces
    return EventRules(
        soft_limit=bounces.soft_limit,
        soft_within=timedelta(days=bounces.soft_days),
        keep=timedelta(days=bounces.keep_days),
    )


def make_webhooks(settings: config.Config, fetch: Fetch) -> Mapping[str, Webhook]:
    """The webhooks of the providers that have a secret for it, by the providers' names.

    ``fetch`` gets what Amazon SNS has to be asked for.  Raises `ConfigError` with all that can't be used.
    """
    made: dict[str, Webhook] = {}
    problems: list[Problem] = []
    for name in sorted({name for newsletter in settings.newsletters for name in newsletter.providers}):
        try:
            webhook = make_webhook(settings, name, fetch)
        except ConfigError as error:
            problems += error.problems
            continue
        if webhook is not None:
            made[name] = webhook
    if problems:
        raise ConfigError(problems)
    return made


def make_webhook(settings: config.Config, name: str, fetch: Fetch) -> Webhook | None:
    """The webhook of one provider; None where it has none.  Raises `ConfigError`."""
    try:
        return _webhook(settings, name, fetch)
    except ValueError as error:
        what = f"This can't be the secret of the webhook: {error}."
        where = f"providers.{name}.webhook_secret_env"
        problem = Problem(code="webhook-secret", where=where, what=what, mend="Copy it from the provider.")
        raise ConfigError([problem]) from error


def _webhook(settings: config.Config, name: str, fetch: Fetch) -> Webhook | None:
    """Raises ValueError.  The modules are loaded where they are used: cryptography loads slowly."""
    table = settings.providers[name]
    if isinstance(table, config.SesProvider) and table.webhook_topic:
        from pipeline.deliver.events import ses  # noqa: PLC0415

        return ses.webhook(table.webhook_topic, fetch)
    if not isinstance(table, config.ApiProvider) or table.webhook_secret_env is None:
        return None
    secret = settings.secret(table.webhook_secret_env).get_secret_value().strip()
    type_ = str(getattr(table, "type", ""))
    if type_ == "mandrill":
        from pipeline.deliver.events import mandrill  # noqa: PLC0415

        return mandrill.webhook(secret, f"{settings.site.url}/webhooks/{name}")
    if type_ not in _WEBHOOKS:
        raise ValueError("this provider's events are told in another way" if type_ == "ses" else "it has no webhook")
    if type_ in _BY_SECRET and len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"it has less than {_SHORTEST_SECRET} characters, and whoever guesses it can suppress anybody")
    module = import_module(f"pipeline.deliver.events.{type_}")
    return cast("Webhook", module.webhook(secret))


def make_event_logs(settings: config.Config) -> Mapping[str, tuple[MailgunAccount, timedelta]]:
    """The logs that are polled, and how often, by the providers' names."""
    return {
        name: (_mailgun(settings, name, table), table.poll_events)
        for name, table in settings.providers.items()
        if isinstance(table, config.MailgunProvider) and table.poll_events and _is_used(settings, name)
    }


def make_suppression_list(settings: config.Config, name: str) -> SuppressionList | None:
    """The lists of suppressed addresses that a provider keeps; None for one whose lists can't be read."""
    from pipeline.deliver.events.suppression_lists import PostmarkList, SendGridLists, SparkPostList  # noqa: PLC0415
    from pipeline.deliver.providers.http_calls import HttpCalls  # noqa: PLC0415

    table, where = settings.providers[name], f"providers.{name}"
    match table:
        case config.MailgunProvider():
            return _mailgun(settings, name, table)
        case config.PostmarkProvider():
            headers = {"X-Postmark-Server-Token": _key(settings, table)}
            calls = HttpCalls(where=where, timeout=table.timeout, headers=headers)
            return PostmarkList(where=where, base_url=table.base_url, stream=table.stream, calls=calls)
        case config.SendGridProvider():
            headers = {"Authorization": f"Bearer {_key(settings, table)}"}
            calls = HttpCalls(where=where, timeout=table.timeout, headers=headers)
            return SendGridLists(where=where, base_url=table.base_url.removesuffix("/v3"), calls=calls)
        case config.SparkPostProvider():
            calls = HttpCalls(where=where, timeout=table.timeout, headers={"Authorization": _key(settings, table)})
            return SparkPostList(where=where, base_url=table.base_url.removesuffix("/api/v1"), calls=calls)
    return None


def make_mailbox(settings: config.Config) -> Mailbox | None:
    """The mailbox that bounces go to, if there is one."""
    bounces = settings.bounces
    if bounces.maildir is not None:
        from pipeline.deliver.events.maildir import MaildirMailbox  # noqa: PLC0415

        return MaildirMailbox(bounces.maildir)
    if bounces.imap is not None and bounces.username and bounces.password_env:
        from pipeline.deliver.events.imap import ImapMailbox  # noqa: PLC0415

        host, _, port = bounces.imap.partition(":")
        return ImapMailbox(
            host=host,
            port=int(port or _PORTS[bounces.security]),
            security=bounces.security,
            username=bounces.username,
            password=settings.secret(bounces.password_env).get_secret_value(),
            folder=bounces.folder,
        )
    return None


def make_verp(settings: config.Config, name: str, keys: Callable[[], TokenKeys]) -> Verp | None:
    """How a provider's envelope addresses are made; None where they are not signed.  Raises `ConfigError`."""
    table = settings.providers[name]
    if not isinstance(table, config.SmtpProvider) or not table.verp or table.envelope_from is None:
        return None
    from pipeline.deliver.events.verp import Verp  # noqa: PLC0415

    try:
        return Verp(table.envelope_from, keys().derived(_BOUNCE_KEY))
    except ValueError as error:
        where, what = f"providers.{name}.envelope_from", f"No token can be added to this address: {error}."
        raise ConfigError(
            [Problem(code="bounce-address", where=where, what=what, mend="Use a shorter one.")]
        ) from error


def _mailgun(settings: config.Config, name: str, table: config.MailgunProvider) -> MailgunAccount:
    from pipeline.deliver.events.mailgun_account import MailgunAccount  # noqa: PLC0415
    from pipeline.deliver.providers.http_calls import HttpCalls  # noqa: PLC0415

    where = f"providers.{name}"
    return MailgunAccount(
        where=where,
        domain=table.domain,
        base_url=table.base_url.removesuffix("/v3"),
        calls=HttpCalls(where=where, timeout=table.timeout, auth=("api", _key(settings, table))),
    )


def _key(settings: config.Config, table: config.ApiProvider) -> str:
    return settings.secret(table.api_key_env).get_secret_value()


def _is_used(settings: config.Config, name: str) -> bool:
    return any(name in newsletter.providers for newsletter in settings.newsletters)
