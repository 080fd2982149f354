"""`rundbrief unfence`: accept a restored store."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse

_MEANING = """\
The store is fenced: {reason}
It may be a copy from a backup. If it is older than the last mailing, what was mailed after the copy was made is not in
it, and would be mailed again. Unfence it only if you know that it is the right one, and look first with
`rundbrief issues` at what was mailed last. From then on this store counts."""


def unfence(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask; needed where there is no terminal.")] = False,
) -> None:
    r"""Accept a store that was restored or moved.

    After a backup was restored, or a store was moved, nothing is mailed until a person says that this is right.

    \b
    Example:
      rundbrief unfence
    """
    from pipeline.cli.output import print_json, say
    from pipeline.errors import InstanceFenced

    asked = invocation(context)
    with asked.app() as opened:
        try:
            opened.store.fence.check()
        except InstanceFenced as error:
            reason = str(error)
        else:
            if asked.as_json:
                print_json({"fenced": False, "opened": False})
            else:
                say("The store is not fenced: there is nothing to do.")
            return
        sys.stderr.write(_MEANING.format(reason=reason) + "\n")
        if not yes:
            if not sys.stdin.isatty():
                raise WrongUse("Nobody can be asked here.", where="rundbrief unfence", mend="Say --yes if it is right.")
            typer.confirm("Is this the right store?", abort=True, err=True)
        opened.store.fence.open_()
    if asked.as_json:
        print_json({"fenced": True, "opened": True})
    else:
        say("Done: this store counts from now on.")
