"""`rundbrief pictures`: our copies of the pictures in articles."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.groups import listing
from pipeline.errors import Problem

app = listing("Our copies of the pictures in articles.")


class State(StrEnum):
    """What may be asked for."""

    COPIED = "copied"
    WANTED = "wanted"
    LEFT = "left"


@app.command("list")
def list_pictures(
    context: typer.Context,
    state: Annotated[State | None, typer.Option(help="Only those that are copied, wanted, or left.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest.")] = 20,
) -> None:
    r"""List pictures: which there are copies of, which are still wanted, and which are left where they are, and why.

    \b
    Examples:
      rundbrief pictures
      rundbrief pictures --state left --limit 100
    """
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        enabled, zone = opened.settings.pictures.enabled, opened.settings.site.timezone
        counts = opened.store.pictures.counts()
        found = opened.store.pictures.listed(state, limit)
    if asked.as_json:
        numbers = {name: number for name, (number, _) in counts.items()}
        size = sum(size for _, size in counts.values())
        print_json({"enabled": enabled, "counts": numbers, "bytes": size, "pictures": found})
        return
    if not enabled:
        say("No pictures are copied; `enabled = true` in [pictures] changes that.")
    rows = [
        (one.url, one.state, f"{one.bytes:,}" if one.bytes else "", shown(one.next_try, zone), one.error)
        for one in found
    ]
    columns = ("PICTURE", "STATE", "BYTES", "NEXT TRY", "WHY")
    print_table(columns, rows, empty="There are none.", free=("PICTURE", "WHY"))
    number = counts.get(state, (0, 0))[0] if state else sum(number for number, _ in counts.values())
    if number > len(found):
        say(f"{len(found)} of {number}; --limit shows more.")


@app.command("copy")
def copy_pictures(context: typer.Context) -> None:
    r"""Copy now what is wanted, and remove what is no longer needed; `rundbrief run` and `serve` do so by themselves.

    \b
    Example:
      rundbrief pictures copy
    """
    from threading import Event

    from pipeline.cli.output import print_json, say
    from pipeline.cli.stopping import stoppable
    from pipeline.engine.pictures import copy_pictures as carry_out

    asked, stopping = invocation(context), Event()
    with asked.app() as opened:
        before = opened.store.pictures.counts().get("copied", (0, 0))[0]
        if opened.picturing.enabled:
            with stoppable(stopping):
                problems = carry_out(opened, stopping)
        else:
            mend = "Write `enabled = true` into [pictures]."
            problems = (Problem(code="pictures", where="pictures.enabled", what="No pictures are copied.", mend=mend),)
        counts = opened.store.pictures.counts()
    copied, waiting = counts.get("copied", (0, 0))[0] - before, counts.get("wanted", (0, 0))[0]
    report_problems(problems)
    if asked.as_json:
        print_json({"copied": copied, "wanted": waiting, "problems": problems})
    elif not problems:
        say(f"{copied} more copies than before; {waiting} pictures will be tried again.")
    if problems:
        raise typer.Exit(FAILED)


@app.command("forget")
def forget_picture(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The picture's address, as `rundbrief pictures` has it.")],
) -> None:
    r"""Remove our copy of a picture for good, for instance because its author wants that.

    It is not copied again. Mail that was sent shows an empty place; further mail shows what its source has, unless you
    take it out of the article there.

    \b
    Example:
      rundbrief pictures forget https://blog.example.org/uploads/harbour.jpg
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        forgotten = opened.picturing.forget(url)
    problems = [] if forgotten else [Problem(code="no-picture", where=url, what="No article shows that picture.")]
    report_problems(problems)
    if asked.as_json:
        print_json({"url": url, "forgotten": forgotten, "problems": problems})
    elif forgotten:
        say("There is no copy of it any more, and there won't be one.")
    if problems:
        raise typer.Exit(FAILED)
