"""Mistakes that no key shows alone: names that are used twice or lead nowhere, and secrets that aren't there.

These rules read the table as it was written, so that they find their mistakes also where others were made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.lines import KeyPath
from pipeline.config.list_owners import OWNERS
from pipeline.config.nearest import did_you_mean, one_of
from pipeline.config.values import IMMEDIATE

RESERVED_FEEDS = ("articles",)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a key, and how to mend it."""

    path: KeyPath
    what: str
    mend: str = ""


def broken_references(raw: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Mistake]:
    """All mistakes of these kinds."""
    for kind in ("sources", "feeds", "newsletters"):
        yield from _twice(kind, raw)
    for index, feed in _tables(raw, "feeds"):
        if feed.get("name") in RESERVED_FEEDS:
            yield Mistake(
                ("feeds", index, "name"), f"A feed can't be called `{feed['name']}`.", "That address is the articles'."
            )
        names = [table.get("name") for _, table in _tables(raw, "sources")]
        yield from _unknown(("feeds", index, "sources"), feed.get("sources"), names, "source")
    for index, newsletter in _tables(raw, "newsletters"):
        yield from _unknown(
            ("newsletters", index, "providers"), newsletter.get("providers"), list(_providers(raw)), "provider"
        )
        yield from _cadences(index, newsletter.get("cadences"))
    yield from _redirects(raw)
    yield from _logins(raw)
    yield from _bounces(raw)
    yield from _alerts(raw)
    yield from _without_one_click(raw)
    yield from _shared_lists(raw)
    for path, variable in named_secrets(raw):
        if not environ.get(variable):
            yield Mistake(
                path,
                f"The environment variable {variable} is not set.",
                "Set it to the secret before `rundbrief` is started.",
            )


def named_secrets(raw: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """The environment variables that will be needed: those of providers which nothing is mailed by are not."""
    used = {name for _, newsletter in _tables(raw, "newsletters") for name in _texts(newsletter.get("providers"))}
    ways = _alert_ways(raw)
    used.add(str(ways.get("mail", {}).get("provider")))
    tables: list[tuple[KeyPath, Mapping[str, Any]]] = [
        ((section,), raw[section])
        for section in ("store", "web", "metrics", "bounces")
        if isinstance(raw.get(section), dict)
    ]
    tables += [(("alerts", name), table) for name, table in ways.items()]
    tables += [(("providers", name), table) for name, table in _providers(raw).items() if name in used]
    tables += [
        ((*path, "options"), table["options"]) for path, table in tables if isinstance(table.get("options"), dict)
    ]
    for path, table in tables:
        for key, variable in table.items():
            if key.endswith("_env") and isinstance(variable, str) and is_variable(variable):
                yield (*path, key), variable


def is_variable(text: str) -> bool:
    """Whether a text may be the name of a variable; what isn't may be a secret in the wrong place."""
    return text.isascii() and text.isupper() and text.isidentifier()


def _twice(kind: str, raw: Mapping[str, Any]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, table in _tables(raw, kind):
        name = table.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Mistake(
                (kind, index, "name"), f"There are two {kind} called `{name}`.", "Give each a name of its own."
            )
        seen.add(name)


def _unknown(path: KeyPath, names: object, known: list[object], what: str) -> Iterator[Mistake]:
    valid = [name for name in known if isinstance(name, str)]
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name not in valid:
            listed = f"There is {one_of(valid)}." if valid else f"There is no {what} at all."
            yield Mistake((*path, index), f"There is no {what} called `{name}`.", did_you_mean(name, valid) or listed)


def _redirects(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    seen: set[object] = set()
    for index, redirect in _tables(raw, "redirects"):
        source, target = redirect.get("from"), redirect.get("to")
        if (target is not None) == (redirect.get("gone") is True):
            yield Mistake(("redirects", index), "needs either `to` or `gone = true`.", "Say where it is now, if it is.")
        if isinstance(source, str) and source == target:
            yield Mistake(("redirects", index, "to"), "is where it comes from.", "Name another address.")
        if isinstance(source, str) and source in seen:
            yield Mistake(("redirects", index, "from"), f"There are two redirects from `{source}`.", "Take one out.")
        seen.add(source if isinstance(source, str) else None)


def _cadences(index: int, cadences: object) -> Iterator[Mistake]:
    for name, value in cadences.items() if isinstance(cadences, dict) else ():
        path = ("newsletters", index, "cadences", name)
        if name == IMMEDIATE and isinstance(value, str):
            yield Mistake(path, "must be true.", "Give a cron expression another name, for example `daily`.")
        if name != IMMEDIATE and value is True:
            yield Mistake(path, "needs a cron expression.", "Only `immediate` is true: it mails articles at once.")


def _logins(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, table in _providers(raw).items():
        if table.get("type") != "smtp":
            continue
        for key, other in (("username", "password_env"), ("password_env", "username")):
            if key in table and other not in table:
                yield Mistake(("providers", name, key), f"needs `{other}` beside it.", "A log-in takes both.")


def _bounces(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    bounces = raw.get("bounces")
    signed = [(name, table) for name, table in _providers(raw).items() if table.get("verp") is True]
    for name, table in signed:
        if "envelope_from" not in table:
            mend = "Name the mailbox that bounces go to."
            yield Mistake(("providers", name, "verp"), "needs `envelope_from` beside it.", mend)
    if not isinstance(bounces, dict):
        return
    if "maildir" in bounces and "imap" in bounces:
        yield Mistake(("bounces", "imap"), "can't stand beside `maildir`.", "Take one out: there is one mailbox.")
    if "imap" in bounces:
        for key in ("username", "password_env"):
            if key not in bounces:
                yield Mistake(("bounces", "imap"), f"needs `{key}` beside it.", "A log-in takes both.")
    letters = raw.get("newsletters")
    taken = isinstance(letters, list) and any(isinstance(one, dict) and "unsubscribe_mailto" in one for one in letters)
    if ("maildir" in bounces or "imap" in bounces) and not signed and not taken:
        mend = (
            "Give a provider of the type smtp `verp = true` and `envelope_from`, which tell whose a bounce is; or a "
            "newsletter `unsubscribe_mailto`."
        )
        yield Mistake(("bounces",), "has a mailbox, but no provider's bounces could be told apart there.", mend)


def _alerts(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    """By mail: through a provider that there is, and that mails to whom it is told to."""
    name, tables, path = (
        _alert_ways(raw).get("mail", {}).get("provider"),
        _providers(raw),
        ("alerts", "mail", "provider"),
    )
    if not isinstance(name, str):
        return
    if name not in tables:
        listed = f"There is {one_of(list(tables))}." if tables else "There is no provider at all."
        yield Mistake(path, f"There is no provider called `{name}`.", did_you_mean(name, list(tables)) or listed)
    elif str(tables[name].get("type")) in OWNERS:
        yield Mistake(path, f"`{name}` mails the people of its own list.", "Name another, such as one by SMTP.")


def _alert_ways(raw: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    alerts = raw.get("alerts")
    tables = alerts.items() if isinstance(alerts, dict) else ()
    return {name: table for name, table in tables if isinstance(table, dict)}


# By type: the key without which it can't carry the header, why, and when it may be set.
_CARRY_ONE_CLICK = {
    "mailersend": ("headers", "MailerSend takes headers only with some plans", "yours has custom headers"),
    "sparkpost": (
        "transactional",
        "SparkPost replaces the header, but in mail that is marked as transactional",
        "SparkPost lets you mark newsletters so",
    ),
}


def _without_one_click(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    tables = _providers(raw)
    for index, newsletter in _tables(raw, "newsletters"):
        for place, name in enumerate(_texts(newsletter.get("providers"))):
            table = tables.get(name, {})
            type_ = str(table.get("type"))
            key, why, where = _CARRY_ONE_CLICK.get(type_, ("", "", ""))
            if key and table.get(key) is not True:
                yield Mistake(
                    ("newsletters", index, "providers", place),
                    f"`{name}` can't carry our one-click unsubscribe: {why}.",
                    f"If {where}, set `{key} = true` in [providers.{name}].",
                )


def _shared_lists(raw: Mapping[str, Any]) -> Iterator[Mistake]:
    """A list gets each issue once: it is no place for cadences, time zones, or another provider to fail over to."""
    owners = {name for name, table in _providers(raw).items() if str(table.get("type")) in OWNERS}
    for index, newsletter in _tables(raw, "newsletters"):
        names, path = _texts(newsletter.get("providers")), ("newsletters", index)
        if not (mine := owners.intersection(names)):
            continue
        why = f"`{min(mine)}` mails the people of its own list"
        if len(names) > 1:
            yield Mistake((*path, "providers"), f"{why}, and no other provider knows them.", "Name it alone.")
        if isinstance(cadences := newsletter.get("cadences"), dict) and len(cadences) > 1:
            yield Mistake((*path, "cadences"), f"{why}, who all get every issue.", "Leave one cadence.")
        if newsletter.get("local_time") is True:
            yield Mistake((*path, "local_time"), f"{why}, all at the same time.", "Leave it out.")


def _tables(raw: Mapping[str, Any], kind: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    tables = raw.get(kind)
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, dict):
            yield index, table


def _providers(raw: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    providers = raw.get("providers")
    tables = providers.items() if isinstance(providers, dict) else ()
    return {name: table for name, table in tables if isinstance(table, dict)}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
