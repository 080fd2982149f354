"""`rundbrief replay`: an issue made again, and compared with what was mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED
from pipeline.cli.issue_named import IssueNumber, issue_named

if TYPE_CHECKING:
    from pipeline.domain.replay import Replay, ReplayedVariant

_BEFORE = 30
_WIDTH = 100


def replay(context: typer.Context, issue: IssueNumber) -> None:
    r"""Make an issue again from what is stored, and compare it with what was mailed, byte by byte.

    Each variant is rendered anew, from the revisions of its articles, with the templates and the configuration of now;
    where they were changed since, it says which part differs first and where. For each batch that was handed to a
    provider the hash of all that was in the call is worked out again: where it is the one that was noted before
    the call, it is proved who was mailed what. It can't be where a recipient's name or address was changed or erased
    since, or where a part of the batch was refused for now and went later. Nothing is changed.

    \b
    Example:
      rundbrief replay 3
    """
    from pipeline.cli.output import print_json, say
    from pipeline.engine.replaying import replay as replayed

    asked = invocation(context)
    with asked.app() as opened:
        found = replayed(opened, issue_named(opened, issue).id)
    if asked.as_json:
        print_json({"same": found.same, "proved": found.proved, "unproved": found.unproved, "variants": found.variants})
    else:
        for line in _lines(issue, found):
            say(line)
    if not found.same:
        raise typer.Exit(FAILED)


def _lines(issue: int, found: Replay) -> list[str]:
    if not found.variants:
        return [f"Nothing of issue {issue} has been rendered: there is nothing to compare."]
    same = sum(one.same is True for one in found.variants)
    lines = [f"Issue {issue}: {same} of {len(found.variants)} variants are the same, byte by byte."]
    for one in found.variants:
        lines += _variant(one)
    lines.append(
        f"{found.proved} of {found.proved + found.unproved} batches have the hash that was noted before the call."
    )
    return lines


def _variant(one: ReplayedVariant) -> list[str]:
    if one.same is None:
        return [f"Variant {one.number} can't be made again: {one.why}"]
    lines = []
    for other in one.differences:
        lines.append(f"Variant {one.number} differs in its {other.part}, first in line {other.line}:")
        alike = next((n for n, (a, b) in enumerate(zip(other.mailed, other.rebuilt, strict=False)) if a != b), 0)
        start = max(alike - _BEFORE, 0)
        for name, text in (("mailed ", other.mailed), ("rebuilt", other.rebuilt)):
            lines.append(f"  {name}  {'…' if start else ''}{text[start : start + _WIDTH]}")
    return lines
