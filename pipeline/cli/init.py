"""`rundbrief init`: something to start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse

_CONFIG = "config.toml"
_TEMPLATES = '\n[templates]\ndirectory = "templates"               # taken before the built-in ones of the same name\n'
_NEXT = """\
Next:
{enter}  look into config.toml: who you are, where articles come from, who mails
  rundbrief check                           is everything there?
  rundbrief run                             collect the articles, publish feeds
  rundbrief preview news --cadence weekly   see the next issue
  rundbrief subscribers import …            bring your subscribers along (--help tells how)
What is there at the first run goes to the feeds; mail carries what comes after it (`backlog` in [[sources]]).
Mail goes into the directory outbox/ until you name another provider."""


def init(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; here if absent.")] = Path(),
    templates: Annotated[
        bool, typer.Option("--templates", help="Also the templates of mails, to change them.")
    ] = False,
) -> None:
    r"""Write a configuration and example articles to start from.

    They work as they are, without a network or an account: articles come from a directory, mail goes into one. What is
    there already is never overwritten.

    \b
    Examples:
      rundbrief init my-newsletter
      rundbrief init --templates
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    written: list[Path] = []
    kept: list[Path] = []
    try:
        for origin, target in _files(directory, with_templates=templates):
            if target.exists():
                kept.append(target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, target)
            written.append(target)
        if templates and directory / _CONFIG in written:
            with (directory / _CONFIG).open("a", encoding="utf-8") as config:
                config.write(_TEMPLATES)
    except OSError as error:
        where = str(error.filename or directory)
        raise WrongUse(f"can't be written: {error.strerror}.", where=where) from error
    if asked.as_json:
        print_json({"directory": directory.absolute(), "written": written, "kept": kept})
        return
    for file in written:
        say(f"  {file}")
    if kept:
        say(f"{len(kept)} {'file was' if len(kept) == 1 else 'files were'} there already and stay as they are.")
    if templates and directory / _CONFIG in kept:
        say('Name the templates in config.toml: directory = "templates" in [templates].')
    enter = f"  cd {directory}\n" if directory.resolve() != Path.cwd() else ""
    say(_NEXT.format(enter=enter))


def _files(directory: Path, *, with_templates: bool) -> Iterator[tuple[Path, Path]]:
    """What is copied, and where to."""
    from pipeline.wiring.files import shared

    trees = [(shared("examples"), directory)]
    if with_templates:
        trees.append((shared("templates") / "email", directory / "templates" / "email"))
    for origin, target in trees:
        for file in sorted(origin.rglob("*")):
            if file.is_file():
                yield file, target / file.relative_to(origin)
