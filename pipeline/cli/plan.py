"""`rundbrief plan`: what would be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import Invocation, invocation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from pipeline.domain.standstill import Standstill
    from pipeline.engine.plan import IssuePlan, VariantPlan
    from pipeline.errors import Problem

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def plan(
    context: typer.Context,
    newsletter: Annotated[str | None, typer.Argument(metavar="NEWSLETTER", help="Only this one.")] = None,
    cadence: Annotated[str | None, typer.Option(metavar="C", help="Only this one of its cadences.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As a run at that time would see it; now if absent.")
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask every address in the messages whether it is still there.")
    ] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Freeze it, for `rundbrief send --plan`: one cadence of one newsletter.")
    ] = False,
    drop: Annotated[
        int | None, typer.Option(metavar="ID", help="Make a saved plan undone, as long as its slot is to come.")
    ] = None,
) -> None:
    r"""Show what would be mailed: to how many, which articles, how large, through whom.

    For each cadence these are the slots that have come and wait for a run, else the next one. It is foreseen from what
    has been collected by now: an article that settles in time is counted in, one that is still to come can't be.
    Nothing is done, but with --save: then recipients, articles and messages are frozen as an issue, of which nothing
    is mailed before `rundbrief send --plan ID` says so. A plan that is not sent within `max_lateness` of its slot
    ends, and its articles come with the next issue.

    \b
    Examples:
      rundbrief plan
      rundbrief plan wochenblick --at 2026-11-24T07:00
      rundbrief plan wochenblick --cadence weekly --save
    """
    from pipeline.cli.saved_plans import drop_plan, save_plan

    asked = invocation(context)
    if drop is not None:
        drop_plan(asked, drop)
    elif save:
        save_plan(asked, newsletter, cadence, at, online=online)
    else:
        _foresee(asked, newsletter, cadence, at, online=online)


def _foresee(asked: Invocation, newsletter: str | None, cadence: str | None, at: str | None, *, online: bool) -> None:
    from pipeline.cli.names import cadence_named, newsletter_named
    from pipeline.cli.times import read_time
    from pipeline.engine.links import Links
    from pipeline.engine.plan import Planner

    with asked.app() as opened:
        settings = opened.settings
        letters = [newsletter_named(settings, newsletter)] if newsletter else settings.newsletters
        if cadence is not None:
            letters = [one for one in letters if cadence in one.cadences] or [*letters[:1]]
            for letter in letters:
                cadence_named(letter, cadence)
        zone = letters[0].timezone if newsletter else settings.site.timezone
        time = read_time(at, zone, where="--at") if at else opened.clock()
        planner = Planner(opened, time, Links(opened) if online else None)
        held = opened.store.standstills.now()
        plans = [one for letter in letters for one in planner.plan(letter, cadence)]
    print_plans(plans, time, zone, held=held, as_json=asked.as_json)


def print_plans(
    plans: list[IssuePlan],
    at: datetime,
    zone: tzinfo,
    problems: Sequence[Problem] = (),
    *,
    held: Standstill | None,
    as_json: bool,
) -> None:
    from datetime import UTC

    from pipeline.cli.output import print_json, say

    if as_json:
        print_json(
            {"at": at.astimezone(UTC), "held": held, "issues": [_json(one) for one in plans], "problems": problems}
        )
    else:
        if held is not None:
            say(f"{held.said(zone)}. Nothing of this is mailed before `rundbrief release`.\n")
        _print(plans, zone)


def size_text(size: int) -> str:
    """Bytes for people: ``34.1 kB``."""
    number, unit = float(size), 0
    while number >= _THOUSAND and unit < len(_UNITS) - 1:
        number, unit = number / _THOUSAND, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{size} B"


def _print(plans: list[IssuePlan], zone: tzinfo) -> None:
    from pipeline.cli.output import print_table, say
    from pipeline.cli.times import shown, span

    saved = ("ISSUE",) if any(one.issue for one in plans) else ()
    columns = (
        *saved,
        "NEWSLETTER",
        "CADENCE",
        "SLOT",
        "FOR",
        "RECIPIENTS",
        "SUPPRESSED",
        "VARIANTS",
        "ARTICLES",
        "MESSAGE",
        "ALL",
    )
    print_table(
        (*columns, "PROVIDER", "TAKES", "REMARK"),
        [
            (
                *((one.issue,) if saved else ()),
                one.key.newsletter,
                one.key.cadence,
                "now" if one.key.cadence == "immediate" else shown(one.key.slot, zone),
                one.key.zone,
                one.recipients or None,
                one.suppressed or None,
                len(one.variants) or None,
                _counts(one),
                size_text(one.bytes // one.recipients) if one.bytes else None,
                size_text(one.bytes) if one.bytes else None,
                one.provider if one.variants else None,
                span(one.lasts) if one.variants else None,
                _remark(one),
            )
            for one in plans
        ],
        empty="There is no newsletter in the configuration.",
        free=("REMARK",),
    )
    for (newsletter, finding), many in _findings(plans).items():
        say(f"\n{newsletter}: {finding}" + (f" ({many} variants)" if many > 1 else ""))


def _remark(one: IssuePlan) -> str:
    if not one.variants:
        return (
            one.reason if one.reason.startswith(("missed", "skipped", "saved", "made")) else f"no issue: {one.reason}"
        )
    lead = next((variant.subject for variant in one.variants if variant.subject), "")
    return f"“{lead}”" if lead else ""


def _counts(one: IssuePlan) -> str | None:
    numbers = sorted({len(variant.contents.articles) for variant in one.variants})
    if not numbers:
        return None
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _findings(plans: list[IssuePlan]) -> dict[tuple[str, str], int]:
    """What is wrong or doubtful, with how many variants it is found in; notes are for `rundbrief preview`."""
    found: dict[tuple[str, str], int] = {}
    for one in plans:
        for finding in (finding for variant in one.variants for finding in variant.findings):
            if finding.level.value != "note":
                text = " ".join(filter(None, (f"{finding.level.value}: {finding.what}", finding.mend)))
                found[one.key.newsletter, text] = found.get((one.key.newsletter, text), 0) + 1
    return found


def _json(one: IssuePlan) -> dict[str, Any]:
    return {
        "newsletter": one.key.newsletter,
        "cadence": one.key.cadence,
        "zone": one.key.zone,
        "slot": one.key.slot,
        "issue": one.issue,
        "due": one.due,
        "reason": one.reason or None,
        "recipients": one.recipients,
        "suppressed": one.suppressed,
        "bytes": one.bytes,
        "provider": one.provider or None,
        "seconds": one.lasts.total_seconds() if one.lasts is not None else None,
        "variants": [_variant(variant) for variant in one.variants],
    }


def _variant(one: VariantPlan) -> dict[str, Any]:
    return {
        "language": one.language,
        "recipients": one.recipients,
        "suppressed": one.suppressed,
        "subject": one.subject,
        "bytes": one.size,
        "articles": [{"id": article.id, "title": article.content.title} for article in one.contents.articles],
        "corrections": [correction.article.id for correction in one.contents.corrections],
        "findings": one.findings,
    }
