"""The providers that the configuration names, made of their tables and of the environment's secrets."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from pipeline import config
from pipeline.deliver.provider import Provider
from pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pipeline.deliver.events.verp import Verp

_APIS: Mapping[str, str] = {
    "brevo": "brevo:brevo",
    "buttondown": "buttondown:buttondown",
    "listmonk": "listmonk:listmonk",
    "mailchimp": "mailchimp:mailchimp",
    "mailersend": "mailersend:mailersend",
    "mailgun": "mailgun:MailgunProvider",
    "mailjet": "mailjet:mailjet",
    "mandrill": "mandrill:mandrill",
    "postal": "postal:postal",
    "postmark": "postmark:postmark",
    "resend": "resend:resend",
    "scaleway": "scaleway:scaleway",
    "sendgrid": "sendgrid:sendgrid",
    "ses": "ses:ses",
    "smtp2go": "smtp2go:smtp2go",
    "sparkpost": "sparkpost:sparkpost",
}
"""What makes the provider of a type, by its module and its name there.

It is given the provider's name, and the table's keys by their names; keys in ``_env`` without that, as the secret.
"""
_EVENTS = {"poll_events", "webhook_topic"}
_NOT_TOLD = config.ApiProvider.model_fields.keys() - {"api_key_env", "timeout"} | {"type"} | _EVENTS


def make_provider(settings: config.Config, name: str, verp: Verp | None = None) -> Provider:
    """The provider of that name.  Its credentials come from the environment; ``verp`` makes its envelope addresses.

    Raises `ConfigError` for what can't be a key, for an address to which no key may go, for a provider of somebody
    else's that can't be loaded, and for one that can't carry the one-click unsubscribe.
    """
    provider = _made(settings, name, verp)
    if why := provider.capabilities.no_one_click:
        problem = Problem(
            code="provider-one-click",
            where=f"providers.{name}",
            what=f"Newsletters can't go by {name}. {why}",
            mend="Name another provider in the newsletter's `providers`.",
        )
        raise ConfigError([problem])
    return provider


def rates(settings: config.Config) -> Mapping[str, float]:
    """Recipients a second, for the providers that have a limit."""
    limits = {name: getattr(provider, "per_second", None) for name, provider in settings.providers.items()}
    return {name: limit for name, limit in limits.items() if limit}


def _made(settings: config.Config, name: str, verp: Verp | None) -> Provider:
    """The modules of providers are loaded where they are used: some of them load slowly."""
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
                ca_file=smtp.ca_file,
                envelope_of=verp.sender if verp else None,
            )
        case config.OwnProvider() as own:
            return _own(name, own, settings)
        case config.ApiProvider() | config.ListOwner() as api:
            return _api(name, api, settings)


def _api(name: str, table: config.ApiProvider | config.ListOwner, settings: config.Config) -> Provider:
    from pipeline.deliver.providers.credentials import address_problems, key_problems  # noqa: PLC0415

    type_ = str(table.type)  # type: ignore[union-attr]  # all tables but their bases have it
    options = {key: value for key, value in table if key not in _NOT_TOLD}
    base_url = options.get("base_url")
    problems: list[Problem] = []
    for key in [key for key in options if key.endswith("_env")]:
        variable = options.pop(key)
        secret = settings.secret(variable).get_secret_value() if variable else None
        options[key.removesuffix("_env")] = secret
        if secret is not None:
            problems += key_problems(f"providers.{name}.{key}", name, secret, variable)
    if base_url is None:
        options.pop("base_url", None)
    else:
        problems += address_problems(f"providers.{name}.base_url", base_url)
    if problems:
        raise ConfigError(problems)
    if isinstance(table, config.MailgunProvider):
        options["api_key_env"] = table.api_key_env
    module, _, factory = _APIS[type_].partition(":")
    return cast("Provider", getattr(import_module(f"pipeline.deliver.providers.{module}"), factory)(name, **options))


def _own(name: str, table: config.OwnProvider, settings: config.Config) -> Provider:
    """A provider of somebody else's: its factory is given its name and its options, secrets in the place of names."""
    where = f"providers.{name}"
    options = {
        key.removesuffix("_env"): settings.secret(value).get_secret_value() if key.endswith("_env") else value
        for key, value in table.options.items()
    }
    module, _, factory = table.type.partition(":")
    try:
        provider = getattr(import_module(module), factory)(name, options)
    except ConfigError:
        raise
    except Exception as error:
        what = f"{table.type} makes no provider: {type(error).__name__}: {str(error).rstrip('.')}."
        mend = "Install its package where rundbrief is installed, and check its `options`."
        raise ConfigError([Problem(code="provider-type", where=where, what=what, mend=mend)]) from error
    if missing := [part for part in ("name", "capabilities", "submit", "close") if not hasattr(provider, part)]:
        what = f"What {table.type} makes is no provider: it has no {', '.join(missing)}."
        raise ConfigError([Problem(code="provider-type", where=f"{where}.type", what=what)])
    return cast("Provider", provider)
