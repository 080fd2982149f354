"""The ways on which somebody is told: mail, a webhook, and what the library Apprise knows."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline import __version__, config
from pipeline.alerting.wording import Telling
from pipeline.app import App
from pipeline.calls import GuardedCaller
from pipeline.config.alerts import AlertApprise, AlertWebhook
from pipeline.deliver.provider import Provider
from pipeline.domain.alert import Severity
from pipeline.domain.ledger import Batch, IssueId, OutcomeKind, Recipient, SubscriberId
from pipeline.domain.message import Message, filled, placeholder
from pipeline.errors import AlertUntold, ConfigError, Problem, ProviderError

_NO_ISSUE, _NOBODY = IssueId(0), SubscriberId(0)
_FINE = range(200, 300)
_CALL = re.compile(r"@(?=all|channel|everyone|here)", re.IGNORECASE)


class Way(Protocol):
    """A way of telling somebody.  ``least`` is the least severity that is told on it."""

    @property
    def name(self) -> str: ...

    @property
    def least(self) -> Severity: ...

    def tell(self, telling: Telling) -> None:
        """Raises `AlertUntold`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """To one operator, through a provider; outside the books, and marked as what it is: no newsletter."""

    to: str
    from_: config.Mailbox
    provider: Callable[[], Provider]
    least: Severity
    clock: Callable[[], datetime]

    @property
    def name(self) -> str:
        return f"mail to {self.to}"

    def tell(self, telling: Telling) -> None:
        form = Message(
            from_=str(self.from_),
            subject=placeholder("subject"),
            html=f'<pre style="white-space: pre-wrap">{placeholder("text")}</pre>',
            text=f"{placeholder('text')}\n",
            # RFC 3834: a machine wrote it, and no other machine is to answer.
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id_domain=self.from_.address.rpartition("@")[2],
        )
        message = filled(form, {"subject": telling.subject, "text": telling.text})
        unique = uuid.uuid4()
        batch = Batch(
            id=unique,
            issue=_NO_ISSUE,
            issue_uid=unique,
            sequence=1,
            newsletter="alerts",
            attempt=1,
            date=self.clock(),
            recipients=(Recipient(_NOBODY, self.to, "", {}),),
            test=True,
        )
        try:
            provider = self.provider()
            (outcome,) = provider.submit(batch, message)
        except (ProviderError, ConfigError) as error:
            raise AlertUntold(str(error), where=self.name) from error
        if outcome.kind is not OutcomeKind.ACCEPTED:
            raise AlertUntold(f"{provider.name} did not take it: {outcome.reason}", where=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """As JSON: ``text`` for a chat (Slack, Mattermost, Rocket.Chat), and the fields for programs."""

    url: str
    caller: Callable[[], GuardedCaller]
    least: Severity
    name: str = "webhook"

    def tell(self, telling: Telling) -> None:
        text = _harmless(f"{telling.subject}\n{telling.text}")
        body = json.dumps({"text": text, **telling.fields}, ensure_ascii=False)
        caller = self.caller()
        try:
            answer = caller.post(self.url, body.encode(), {"Content-Type": "application/json; charset=utf-8"})
        finally:
            caller.close()
        if answer.error:
            raise AlertUntold(f"can't be reached: {answer.error}", where=self.name)
        if answer.status not in _FINE:
            raise AlertUntold(f"answered {answer.status}.", where=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """Through the library Apprise, to any of the services that it knows."""

    urls: Sequence[str]
    least: Severity
    name: str = "apprise"

    def tell(self, telling: Telling) -> None:
        try:
            import apprise  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415  (an extra)
        except ImportError as error:
            mend = "Install the extra: `pip install 'rundbrief[apprise]'`."
            raise AlertUntold("The library Apprise is not installed.", where=self.name, mend=mend) from error
        # It logs addresses that it can't read, with the secrets in them.
        logging.getLogger("apprise").disabled = True
        services = apprise.Apprise()
        if not all(services.add(url) for url in self.urls):
            # Which one is not said: it holds a secret.
            raise AlertUntold("One of the addresses is none that Apprise knows.", where=self.name)
        if not services.notify(title=telling.subject, body=telling.text):
            raise AlertUntold(
                "One of its services did not take it.", where=self.name, mend="`apprise -vv` shows which one and why."
            )


def _harmless(text: str) -> str:
    """Without what a chat takes for a link, or for calling everybody: providers' and sources' words may be in it."""
    return _CALL.sub("@\u200b", text.replace("<", "‹").replace(">", "›"))


def ways_of(app: App) -> Sequence[Way]:
    """The ways that the configuration has."""
    alerts, found = app.settings.alerts, list[Way]()
    if (mail := alerts.mail) is not None:
        found += (
            Mail(
                to=to,
                from_=mail.from_,
                provider=lambda: app.provider(mail.provider),
                least=Severity(mail.least),
                clock=app.clock,
            )
            for to in mail.to
        )
    if alerts.webhook is not None:
        found.append(_webhook(app, alerts.webhook))
    if alerts.apprise is not None:
        found.append(_apprise(app, alerts.apprise))
    return found


def _webhook(app: App, table: AlertWebhook) -> Webhook:
    url = app.settings.secret(table.url_env).get_secret_value().strip()
    if not url.startswith(("https://", "http://")):
        raise _unusable("alerts.webhook.url_env", f"{table.url_env} holds no web address.")

    def caller() -> GuardedCaller:
        return GuardedCaller(
            user_agent=f"Rundbrief/{__version__} (+{app.settings.site.url})",
            clock=app.clock,
            allow_private=table.allow_private,
            permit="`allow_private = true` in [alerts.webhook]",
        )

    return Webhook(url=url, caller=caller, least=Severity(table.least))


def _apprise(app: App, table: AlertApprise) -> Apprise:
    urls = app.settings.secret(table.urls_env).get_secret_value().split()
    if not urls:
        raise _unusable("alerts.apprise.urls_env", f"{table.urls_env} holds no address.")
    return Apprise(urls=urls, least=Severity(table.least))


def _unusable(where: str, what: str) -> ConfigError:
    return ConfigError([Problem(code=ConfigError.code, where=where, what=what, mend="Set it to what the manual says.")])
