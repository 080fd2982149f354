"""`rundbrief sources`: where articles come from, and how that goes."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any

import typer

from pipeline.cli import source_adding
from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse
from pipeline.cli.groups import listing

app = listing("Where articles come from, and how that goes.")


@app.command("list")
def list_sources(context: typer.Context) -> None:
    r"""List the sources: how each is doing, when it is polled next, how much it shows, and what that costs.

    GAPS counts the times in which articles may have been missed. WINDOW is how many articles an answer shows, and how
    long they last at the rate at which new ones appear: a source must be polled more often than that. COST is what was
    transferred so far, and the share of polls that had nothing new. "not yet" stands where `rundbrief run` leaves a
    source out, because its server says that nothing can be new, or wants to be left alone, or it failed repeatedly;
    `rundbrief collect NAME` asks it all the same. `rundbrief sources show NAME` tells more.

    \b
    Example:
      rundbrief sources
    """
    from pipeline.cli import source_facts as facts
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found = facts.source_facts(opened)
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"sources": found})
        return
    print_table(
        ("NAME", "STATE", "LAST SUCCESS", "NEXT POLL", "ARTICLES", "GAPS", "WINDOW", "COST"),
        [
            (
                one["name"],
                facts.state_text(one, zone) if one["type"] else "not configured",
                shown(one["last_success"], zone) or "never",
                facts.next_poll_text(one, zone),
                one["articles"],
                facts.gaps_text(one),
                facts.window_text(one, short=True),
                facts.cost_text(one, short=True),
            )
            for one in found
        ],
        empty="There is no source yet. Describe one in a [[sources]] table of the configuration.",
        free=("NAME", "STATE", "NEXT POLL", "WINDOW", "COST"),
    )
    for one in found:
        for what in filter(None, (one["error"], one["remark"])):
            say(f"{one['name']}: {what}")


@app.command("show")
def show_source(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]) -> None:
    r"""Show all that is known of one source, with its gaps.

    \b
    Example:
      rundbrief sources show blog
    """
    from pipeline.cli import source_facts as facts
    from pipeline.cli.output import print_facts, print_json
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found = {one["name"]: one for one in facts.source_facts(opened)}
        zone = opened.settings.site.timezone
    if name not in found:
        from pipeline.config.nearest import did_you_mean

        raise WrongUse(f"There is no source called `{name}`.", mend=did_you_mean(name, list(found)))
    one = found[name]
    if asked.as_json:
        print_json(one)
        return
    print_facts(
        [
            ("Name", one["name"]),
            ("Type", one["type"] or "not configured"),
            ("From", one["from"]),
            ("Moved to", one["moved_to"]),
            ("State", facts.state_text(one, zone)),
            ("Error", one["error"]),
            ("Note", one["remark"]),
            ("Failures", one["failures"] or ""),
            ("Last status", one["last_status"]),
            ("Schedule", one["schedule"]),
            ("Next poll", facts.next_poll_text(one, zone)),
            ("Last poll", shown(one["last_attempt"], zone)),
            ("Last success", shown(one["last_success"], zone) or "never"),
            ("Collected since", shown(one["first_collected"], zone)),
            ("Articles", one["articles"]),
            ("New a day", "" if one["per_day"] is None else f"{one['per_day']:.2g}"),
            ("Window", facts.window_text(one)),
            ("Polls", f"{one['polls']}, {one['unmodified']} of them without anything new"),
            ("Requests", one["requests"] or ""),
            ("Cost", facts.cost_text(one)),
            ("Gaps", "\n".join(_gap(gap, zone) for gap in one["gaps"])),
        ]
    )


def _gap(gap: dict[str, Any], zone: tzinfo) -> str:
    from pipeline.cli.times import shown

    bounds = f"{shown(gap['since'], zone)} to {shown(gap['upto'], zone)}"
    if gap["closed"]:
        return f"{bounds}: closed {shown(gap['closed'], zone)}"
    return f"{bounds}: {gap['why']}; found {shown(gap['found'], zone)}"


app.command("import")(source_adding.import_opml)
app.command("discover")(source_adding.discover)
