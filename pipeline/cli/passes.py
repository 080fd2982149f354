"""`rundbrief run`, `collect` and `publish`: passes over the stages."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation


def run(context: typer.Context) -> None:
    r"""Collect, publish, and mail what is due: the main job.

    It does so once, for all sources, feeds and newsletters. It finds out by itself what is left to do. So it may be
    called as often as you like, by cron for instance, and again after a crash: nothing is published or mailed twice. A
    source that fails doesn't keep the others from being done; it is named, and the command ends with 1.

    \b
    Examples:
      rundbrief run
      rundbrief --config /etc/rundbrief/config.toml run --json
    """
    from pipeline.alerting.watch import Watch
    from pipeline.cli.recording import carry_out
    from pipeline.cli.summary import finish

    asked = invocation(context)
    with asked.app() as opened:
        watch = Watch(opened)
        try:
            report = carry_out(opened, "run", lambda engine: engine.run())
        except Exception:
            watch.look()
            raise
        watch.look()
        finish(opened.settings, report, ("collected", "published", "mailed"), as_json=asked.as_json)


def collect(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Their names; all if there are none.")
    ] = None,
) -> None:
    r"""Ask sources for articles, and keep what is new.

    Nothing is published or mailed. A source that is named is always asked; without names those are left out that are
    not due yet: see "next poll" in `rundbrief sources`.

    \b
    Examples:
      rundbrief collect
      rundbrief collect artikel blog
    """
    from pipeline.cli.names import sources_named
    from pipeline.cli.recording import carry_out
    from pipeline.cli.summary import finish
    from pipeline.engine.local import LocalEngine

    asked = invocation(context)
    with asked.app() as opened:
        names = sources_named(opened.settings, sources)
        work = LocalEngine.collect if sources else LocalEngine.collect_due
        report = carry_out(opened, "collect", lambda engine: work(engine, names))
        finish(opened.settings, report, ("collected",), as_json=asked.as_json)


def publish(
    context: typer.Context,
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="FEED", help="Their names; all if there are none.")
    ] = None,
) -> None:
    r"""Bring feeds up to date with what was collected.

    Files whose content is the same are not touched.

    \b
    Examples:
      rundbrief publish
      rundbrief publish alle
    """
    from pipeline.cli.names import feeds_named
    from pipeline.cli.recording import carry_out
    from pipeline.cli.summary import finish

    asked = invocation(context)
    with asked.app() as opened:
        names = feeds_named(opened.settings, feeds)
        report = carry_out(opened, "publish", lambda engine: engine.publish_and_tell(names))
        finish(opened.settings, report, ("published",), as_json=asked.as_json)
