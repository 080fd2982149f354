"""`rundbrief doctor`: what is wrong here, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.config import Config
    from pipeline.doctor.examined import Examined


def doctor(
    context: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Also DNS (SPF, DKIM, DMARC), the site, and its certificate.")
    ] = False,
) -> None:
    r"""Look at everything that operating depends on, and say how to mend what is wrong.

    What `rundbrief check` looks at; and the clock, room on disks, rights of files, the store's integrity, the books of
    all issues, slots that wait, runs that failed, mail in doubt, webhooks that are silent. It ends with 1 where
    something keeps readers from their mail; warnings don't count for that. Nothing is changed.

    \b
    Examples:
      rundbrief doctor
      rundbrief doctor --online --json
    """
    from pipeline.cli.failures import line_of
    from pipeline.cli.logs import configure_logs
    from pipeline.cli.output import print_json, say
    from pipeline.cli.readiness import examine

    configure_logs()
    asked = invocation(context)
    settings = asked.settings()
    found = [_integrity(settings)]
    if not found[0].problems:
        found += examine(settings)
        with asked.app() as opened:
            found += _local(opened)
            if online:
                found += _online(settings, opened)
    problems = [problem for one in found for problem in one.problems]
    if asked.as_json:
        warnings = [warning for one in found for warning in one.warnings]
        checks = [{"what": one.what, "ok": not one.problems} for one in found]
        print_json({"checks": checks, "warnings": warnings, "problems": problems})
    else:
        for one in found:
            say(f"{'FAILED' if one.problems else 'warning' if one.warnings else 'ok':<8} {one.what}")
            for warning in one.warnings:
                say(f"{'':<8} {line_of(warning)}")
    report_problems(problems)
    if problems:
        raise typer.Exit(FAILED)
    if not asked.as_json:
        warned = sum(len(one.warnings) for one in found)
        say("Nothing is wrong." if not warned else f"Nothing keeps it from working; {warned} warnings.")


def _integrity(settings: Config) -> Examined:
    """Before anything else: nothing else can be trusted, or even looked at, where the store's file is damaged."""
    from pipeline.doctor.examined import Examined
    from pipeline.errors import Problem
    from pipeline.store.backups import integrity
    from pipeline.store.database import open_engine

    engine = open_engine(settings.store_url.get_secret_value())
    damage = integrity(engine)
    engine.dispose()
    mend = "Stop Rundbrief, copy the file away, and restore a backup; then look at the disk."
    problems = [Problem(code="store-damaged", where="store", what=one, mend=mend) for one in damage]
    return Examined(what="integrity of the store", problems=problems)


def _local(opened: App) -> Iterator[Examined]:
    from pipeline.config import OutboxProvider
    from pipeline.doctor.machine import clock, disks, private_files
    from pipeline.doctor.work import work
    from pipeline.store.database import sqlite_file

    settings, store = opened.settings, opened.store
    newest = store.runs.newest(limit=1)
    yield clock(opened.clock(), newest[0].started if newest else None)
    outboxes = {
        f"providers.{name}": provider.directory
        for name, provider in settings.providers.items()
        if isinstance(provider, OutboxProvider)
    }
    places = {"store": store.directory, "publish.directory": settings.publish.directory, **outboxes}
    yield from disks(list(places.items()))
    file = sqlite_file(store.engine)
    yield from private_files([store.directory / "rundbrief.key", *([file] if file else [])])
    yield from work(opened)


def _online(settings: Config, opened: App) -> Iterator[Examined]:
    from pipeline import wiring
    from pipeline.doctor.dns import sender_domain, system_lookup
    from pipeline.doctor.site import site

    senders = wiring.deliver.senders(settings)
    carried: dict[str, set[str]] = {}
    for letter in settings.newsletters:
        types = {str(settings.providers[name].type) for name in letter.providers}
        if types != {"outbox"}:
            carried.setdefault(senders[letter.name], set()).update(types)
    for domain, types in sorted(carried.items()):
        yield sender_domain(domain, sorted(types), system_lookup)
    yield from site(settings.site.url, opened.clock())
