"""`rundbrief sources`: where articles come from, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.groups import listing

if TYPE_CHECKING:
    from pipeline.app import App

app = listing("Where articles come from, and how their collections went.")


@app.command("list")
def list_sources(context: typer.Context) -> None:
    r"""List the sources: when each was last collected, and what went wrong since.

    "failures" counts the failed collections since the last that succeeded; what was collected before stays.

    \b
    Example:
      rundbrief sources
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found = _sources(opened)
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"sources": found})
        return
    print_table(
        ("NAME", "TYPE", "ARTICLES", "LAST SUCCESS", "FAILURES", "ERROR", "FROM"),
        [
            (
                one["name"],
                one["type"] or "not configured",
                one["articles"],
                shown(one["last_success"], zone) or "never",
                one["failures"],
                one["error"],
                one["from"],
            )
            for one in found
        ],
        empty="There is no source yet. Describe one in a [[sources]] table of the configuration.",
        free=("ERROR", "FROM"),
    )


def _sources(opened: App) -> list[dict[str, Any]]:
    """The configured sources in their order, then those that only the store still knows."""
    standings = {standing.name: standing for standing in opened.store.sources.standings()}
    configured = {source.name: source for source in opened.settings.sources}
    found = []
    for name in (*configured, *(name for name in standings if name not in configured)):
        source, standing = configured.get(name), standings.get(name)
        found.append(
            {
                "name": name,
                "type": source.type if source else None,
                "from": str(source.path if source.type == "directory" else source.url) if source else None,
                "schedule": source.schedule if source else None,
                "articles": standing.articles if standing else 0,
                "first_collected": standing.first_collected if standing else None,
                "last_attempt": standing.last_attempt if standing else None,
                "last_success": standing.last_success if standing else None,
                "failures": standing.failures if standing else 0,
                "error": standing.error if standing else None,
                "moved_to": standing.moved_to if standing else None,
            }
        )
    return found
