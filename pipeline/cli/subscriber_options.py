"""What the commands about subscribers have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.failures import WrongUse
from pipeline.domain.audience import SubscriptionState

Newsletter = Annotated[str, typer.Option(metavar="N", help="The newsletter's name in the configuration.")]
OneNewsletter = Annotated[str | None, typer.Option(metavar="N", help="Only those of this newsletter.")]
OneState = Annotated[SubscriptionState | None, typer.Option(help="Only those in this state.")]
Confirmed = Annotated[bool, typer.Option("--confirmed", help="They have agreed to get it, and you can show that.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")]


def require(confirmed: bool) -> None:
    """Raises `WrongUse` for people who have not agreed."""
    if confirmed:
        return
    what = (
        "This version can't ask people whether they want the newsletter (double opt-in), and whoever has not confirmed "
        "would never get any mail."
    )
    raise WrongUse(what, where="--confirmed", mend="Say --confirmed if they have agreed, and you can show that.")
