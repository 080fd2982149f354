"""`rundbrief tokens`: who may use the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.groups import listing
from pipeline.domain.api_token import Scope
from pipeline.errors import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.domain.api_token import ApiToken

app = listing("Who may use the API.")

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What uses it: cms, dashboard.")]

_PREFIX = "rb_"
"""So that a scanner for secrets knows one."""
_BYTES = 32
_LONGEST_NAME = 100


@app.command("list")
def list_tokens(context: typer.Context) -> None:
    r"""List the tokens, also those that are over. What they are made of is shown once only, when they are made.

    \b
    Example:
      rundbrief tokens
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found, now, zone = opened.store.api_tokens.listed(), opened.clock(), opened.settings.site.timezone
    if asked.as_json:
        print_json({"tokens": [_plain(one, now) for one in found]})
        return
    print_table(
        ("NAME", "STATE", "SCOPES", "MADE", "EXPIRES", "LAST USED"),
        [
            (
                one.name,
                _state(one, now),
                sorted(one.scopes),
                shown(one.created, zone),
                shown(one.expires, zone),
                shown(one.used, zone),
            )
            for one in found
        ],
        empty="There is no token. `rundbrief tokens create NAME --scope articles:write` makes one.",
        free=("SCOPES",),
    )


@app.command("create")
def create_token(
    context: typer.Context,
    name: TokenName,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do (may be repeated). Who may write may not thereby read.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, metavar="N", help="For how many days it is good; 0: for ever.")] = 365,
) -> None:
    r"""Make a token and show it, this once: what is kept of it is a digest.

    \b
    Examples:
      rundbrief tokens create cms --scope articles:write --scope articles:read
      rundbrief tokens create dashboard --scope issues:read --scope operation:read --days 30
    """
    import secrets
    from datetime import timedelta

    from pipeline.cli.output import print_json, say

    if not scope:
        raise WrongUse(
            "A token without a scope may do nothing.", where="--scope", mend=f"There are {', '.join(sorted(Scope))}."
        )
    if not name.isprintable() or not name.strip() or len(name) > _LONGEST_NAME:
        raise WrongUse(f"A name is one line of at most {_LONGEST_NAME} characters.", where="NAME")
    asked = invocation(context)
    with asked.app() as opened:
        now = opened.clock()
        secret = _PREFIX + secrets.token_urlsafe(_BYTES)
        expires = now + timedelta(days=days) if days else None
        made = opened.store.api_tokens.create(name, secret, scope, expires, now)
    if made is None:
        raise WrongUse(f"There is a token called {name} already.", mend="Names are not used again: take another.")
    if asked.as_json:
        print_json({"token": secret, **_plain(made, now)})
        return
    say(secret)
    say(f"This is shown only now. It is good for {', '.join(sorted(made.scopes))}, {_until(made.expires)}.")


@app.command("revoke")
def revoke_token(context: typer.Context, name: TokenName) -> None:
    r"""Let a token be good no more, from now on.

    \b
    Example:
      rundbrief tokens revoke cms
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        revoked = opened.store.api_tokens.revoke(name, opened.clock())
    what = "There is no such token that is good." if not revoked else ""
    problems = [] if revoked else [Problem(code="no-token", where=name, what=what)]
    report_problems(problems)
    if asked.as_json:
        print_json({"revoked": revoked, "problems": problems})
    elif revoked:
        say(f"The token {name} is good no more.")
    if problems:
        raise typer.Exit(FAILED)


def _state(one: ApiToken, now: datetime) -> str:
    if one.revoked is not None:
        return "revoked"
    return "good" if one.is_good(now) else "expired"


def _until(expires: datetime | None) -> str:
    return "for ever" if expires is None else f"until {expires:%Y-%m-%d}"


def _plain(one: ApiToken, now: datetime) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": _state(one, now),
        "scopes": sorted(one.scopes),
        "created": one.created,
        "expires": one.expires,
        "last_used": one.used,
    }
