"""Groups of commands that do something sensible without a subcommand."""

from __future__ import annotations

import typer
from typer.core import TyperGroup


class Listing(TyperGroup):
    """A group whose ``list`` may be left out: `rundbrief articles --limit 5`."""

    default = "list"

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        left_out = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, [self.default, *args] if left_out else args)


class Showing(Listing):
    """A group whose ``show`` may be left out."""

    default = "show"


def listing(help_: str, cls: type[Listing] = Listing) -> typer.Typer:
    """A group of commands about one thing."""
    return typer.Typer(help=help_, cls=cls, rich_markup_mode=None)
