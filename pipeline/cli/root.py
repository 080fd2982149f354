"""The root command: what is understood everywhere, and the commands in the order in which one needs them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from pipeline.cli import (
    alerts,
    articles,
    backup,
    check,
    configuration,
    doctor,
    explain,
    feeds,
    hold,
    hub,
    init,
    issues,
    mail,
    passes,
    pictures,
    plan,
    preview,
    replay,
    runs,
    serve,
    sources,
    subscribers,
    suppressions,
    tokens,
    unfence,
)
from pipeline.cli.everywhere import Invocation
from pipeline.cli.groups import Listing

_MARKER = "\\b\n"
_OPERATING = ("doctor", "hold", "release", "backup", "restore", "unfence")
_EPILOG = "Also understood: --config FILE and --json; see `rundbrief --help`."

root = typer.Typer(
    name="rundbrief",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from pipeline import __version__
        from pipeline.cli.output import say

        say(f"rundbrief {__version__}")
        raise typer.Exit


@root.callback()
def everywhere(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(metavar="FILE", envvar="RUNDBRIEF_CONFIG", help="The configuration to work with.")
    ] = Path("config.toml"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    r"""Collect articles, publish them as feeds, and mail them as newsletters, to everyone once.

    \b
    To begin:
      rundbrief init          a configuration and an example article to start from
      rundbrief check         whether everything is there
      rundbrief run           collect, publish, mail what is due

    --config and --json may stand before or after the command. A command ends with 0 when it is done, with 1 when
    something failed and is named, with 2 for wrong use or a mistake in the configuration.
    """
    del version
    context.obj = Invocation(file=config, as_json=json)


root.command("init")(init.init)
root.command("check")(check.check)
root.command("run")(passes.run)
root.command("serve")(serve.serve)
root.command("collect")(passes.collect)
root.command("publish")(passes.publish)
root.command("plan")(plan.plan)
root.command("explain")(explain.explain)
root.command("replay")(replay.replay)
root.command("send")(mail.send)
root.command("preview")(preview.preview)
root.add_typer(sources.app, name="sources")
root.add_typer(articles.app, name="articles")
root.add_typer(pictures.app, name="pictures")
root.add_typer(feeds.app, name="feeds")
root.add_typer(hub.app, name="hub")
root.add_typer(issues.app, name="issues")
root.add_typer(runs.app, name="runs")
root.add_typer(alerts.app, name="alerts")
root.add_typer(subscribers.app, name="subscribers")
root.add_typer(suppressions.app, name="suppressions")
root.add_typer(tokens.app, name="tokens")
root.add_typer(configuration.app, name="config")
root.command("doctor")(doctor.doctor)
root.command("hold")(hold.hold)
root.command("release")(hold.release)
root.command("backup")(backup.backup)
root.command("restore")(backup.restore)
root.command("unfence")(unfence.unfence)


@cache
def command() -> TyperGroup:
    """The whole command line, ready to be called."""
    group = typer.main.get_command(root)
    if not isinstance(group, TyperGroup):
        raise TypeError("the root is a group of commands")
    # Typer puts the groups behind all commands; these are needed last.
    for name in _OPERATING:
        group.commands[name] = group.commands.pop(name)
    group.help = _finished(group.help)
    _finish(group)
    return group


def _finish(group: TyperGroup) -> None:
    """Give each command's help its form and its last line."""
    for one in group.commands.values():
        one.help = _finished(one.help)
        one.epilog = _EPILOG
        if isinstance(one, TyperGroup):
            _finish(one)
            if isinstance(one, Listing):
                one.epilog = f"Without a command it is `{one.default}`. {_EPILOG}"


def _finished(text: str | None) -> str:
    """The marker of paragraphs whose lines stay as they are: written out in a docstring, a character for Typer."""
    return (text or "").replace(_MARKER, "\b\n")
