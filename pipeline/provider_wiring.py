"""The providers that the configuration names, made of their tables and of the environment's secrets."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import config
from pipeline.deliver.provider import Provider
from pipeline.errors import ConfigError


def make_provider(settings: config.Config, name: str) -> Provider:
    """The provider of that name.  Its credentials come from the environment.

    Raises `ConfigError` for what can't be a key, and for an address to which no key may go.
    """
    match settings.providers[name]:
        case config.OutboxProvider() as outbox:
            from pipeline.deliver.providers.outbox import OutboxProvider  # noqa: PLC0415

            return OutboxProvider(name, outbox.directory)
        case config.SmtpProvider() as smtp:
            from pipeline.deliver.providers.smtp import SmtpProvider  # noqa: PLC0415

            password = settings.secret(smtp.password_env).get_secret_value() if smtp.password_env else None
            return SmtpProvider(
                name,
                smtp.host,
                smtp.port,
                security=smtp.security,
                username=smtp.username,
                password=password,
                timeout=smtp.timeout,
                envelope_from=smtp.envelope_from,
            )
        case config.ApiProvider() as api:
            return _api_provider(name, api, settings.secret(api.api_key_env).get_secret_value())


def _api_provider(name: str, table: config.ApiProvider, key: str) -> Provider:
    """The modules of providers are loaded where they are used: some of them load slowly."""
    if isinstance(table, config.MailgunProvider):
        from pipeline.deliver.providers.mailgun import MOST_RECIPIENTS, MailgunProvider  # noqa: PLC0415

        return MailgunProvider(
            name,
            table.domain,
            key,
            base_url=table.base_url,
            timeout=table.timeout,
            max_batch=table.max_batch or MOST_RECIPIENTS,
            api_key_env=table.api_key_env,
        )
    from pipeline.deliver.providers.credentials import credential_problems  # noqa: PLC0415

    base_url = str(getattr(table, "base_url", ""))
    if problems := list(credential_problems(f"providers.{name}", name, base_url, key, table.api_key_env)):
        raise ConfigError(problems)
    match table:
        case config.PostmarkProvider():
            from pipeline.deliver.providers.postmark import postmark  # noqa: PLC0415

            return postmark(
                name, key, base_url=base_url, stream=table.stream, timeout=table.timeout, max_batch=table.max_batch
            )
        case config.ResendProvider():
            from pipeline.deliver.providers.resend import resend  # noqa: PLC0415

            return resend(name, key, base_url=base_url, timeout=table.timeout, max_batch=table.max_batch)
        case config.SendGridProvider():
            from pipeline.deliver.providers.sendgrid import sendgrid  # noqa: PLC0415

            return sendgrid(
                name, key, base_url=base_url, timeout=table.timeout, max_batch=table.max_batch, activity=table.activity
            )
        case config.BrevoProvider():
            from pipeline.deliver.providers.brevo import brevo  # noqa: PLC0415

            return brevo(name, key, base_url=base_url, timeout=table.timeout, max_batch=table.max_batch)
    msg = f"no provider is made of {type(table).__name__}"
    raise AssertionError(msg)


def rates(settings: config.Config) -> Mapping[str, float]:
    """Recipients a second, for the providers that have a limit."""
    limits = {name: getattr(provider, "per_second", None) for name, provider in settings.providers.items()}
    return {name: limit for name, limit in limits.items() if limit}
