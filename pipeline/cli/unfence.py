"""`rundbrief unfence`: accept a restored store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse

if TYPE_CHECKING:
    from pipeline.engine.pending_mail import PendingMail

_MEANING = """\
The store is fenced: {reason}
{lost}Once it is unfenced, the next run mails:
{pending}
{danger}"""
_DANGER = """\
It may have been mailed already, after the copy was made, and people would get it twice. What is collected from then on
counts as new, too. If you are not sure: `rundbrief hold`, unfence it, look at `rundbrief issues` and `rundbrief plan`,
cancel what went out with `rundbrief issues cancel`, and only then `rundbrief release`."""
_LATER = """\
But articles that were collected and mailed after the copy was made are collected again, as new ones. If there are any:
`rundbrief hold`, unfence it, `rundbrief collect`, look at `rundbrief plan`, and only then `rundbrief release`."""
_LOST = "Mailing went on for {calls} calls of providers that it knows nothing of.\n"


def unfence(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask; needed where there is no terminal.")] = False,
) -> None:
    r"""Accept a store that was restored or moved.

    After a backup was restored, or a store was moved, nothing is mailed until a person says that this is right. What
    would be mailed then is named first: it may have been mailed already.

    \b
    Example:
      rundbrief unfence
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.times import shown
    from pipeline.engine.pending_mail import pending_mail
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
        pending, calls = list(pending_mail(opened)), opened.store.fence.lost()
        zone = opened.settings.site.timezone
        named = "\n".join(f"  {_line(one, shown(one.slot, zone))}" for one in pending) or "  nothing"
        lost = _LOST.format(calls=calls) if calls else ""
        danger = _DANGER if pending else _LATER
        sys.stderr.write(_MEANING.format(reason=reason, lost=lost, pending=named, danger=danger) + "\n")
        if not yes:
            if not sys.stdin.isatty():
                raise WrongUse("Nobody can be asked here.", where="rundbrief unfence", mend="Say --yes if it is right.")
            typer.confirm("Is this the right store?", abort=True, err=True)
        opened.store.fence.open_()
    if asked.as_json:
        print_json({"fenced": True, "opened": True, "calls_unknown": calls, "pending": pending})
    else:
        say("Done: this store counts from now on.")


def _line(one: PendingMail, slot: str) -> str:
    when = f"{one.newsletter}, {one.cadence}, {slot} ({one.zone})"
    if one.issue is not None:
        return f"issue {one.issue}: {when}: {one.recipients} deliveries"
    return f"a new issue: {when}: {one.recipients} recipients, {one.articles} articles"
