"""`rundbrief explain`: why somebody got an article, or did not; and how an issue came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from pipeline.cli.everywhere import Invocation
    from pipeline.domain.explanation import Explanation, Statement

_FATES = {
    "has": "has it",
    "failed": "was sent it, and it came back",
    "under_way": "is getting it",
    "in_doubt": "may or may not have it",
    "comes": "is going to get it",
    "waits": "may get it",
    "not": "does not get it",
}


def explain(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="ADDRESS|ISSUE", help="Somebody's address, or an issue's number.")],
    article: Annotated[
        str | None, typer.Argument(metavar="ARTICLE", help="Its number, its address, or its public id.")
    ] = None,
) -> None:
    r"""Tell why somebody got an article, will get it or did not; or how an issue came about.

    With an address and an article it tells, for each newsletter of that person: when the article was collected,
    settled and released; which issue carried it, in which batch, what the provider answered and what was told later;
    or every reason why not. With the number of an issue it tells how that was put together and what became of it.
    Nothing is changed.

    \b
    Examples:
      rundbrief explain anna@example.org 12
      rundbrief explain anna@example.org https://blog.example.org/2026/11/post/ --json
      rundbrief explain 3
    """
    asked = invocation(context)
    if article is not None:
        _article(asked, first, article)
    elif first.isascii() and first.isdigit():
        _issue(asked, int(first))
    else:
        raise WrongUse(
            f"“{first}” is no issue's number.", mend="Write `rundbrief explain ADDRESS ARTICLE` or `explain ISSUE`."
        )


def _article(asked: Invocation, address: str, name: str) -> None:
    from pipeline.cli.output import print_json, say
    from pipeline.engine.explaining import explain_article

    with asked.app() as opened:
        id_ = opened.store.articles.find(name)
        if id_ is None:
            raise WrongUse(f"There is no article “{name}”.", mend="`rundbrief articles` lists them.")
        evidence, found = explain_article(opened, address, id_)
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"explanations": [_json(one) for one in found], "evidence": evidence})
        return
    say(f"Article {evidence.article.id}: {evidence.article.title}")
    for one in found:
        about = f"{one.newsletter}: " if one.newsletter else ""
        say(f"\n{about}{address} {_FATES[one.fate.value]}.")
        _say(one.reasons, zone)
        if one.chain:
            say("\nHow that came about:")
            _say(one.chain, zone)


def _issue(asked: Invocation, number: int) -> None:
    from pipeline.cli.issue_named import issue_named
    from pipeline.cli.output import print_json, say
    from pipeline.engine.explaining_issues import explain_issue

    with asked.app() as opened:
        found = issue_named(opened, number)
        chain = explain_issue(opened, found)
        zone = opened.settings.site.timezone
    if asked.as_json:
        from pipeline.engine.report import issue_json

        print_json({"issue": issue_json(found), "chain": chain})
        return
    say(f"Issue {found.id} of {found.key.newsletter}, {found.key.cadence}: {(found.hold or found.state).value}.")
    _say(chain, zone)


def _json(one: Explanation) -> dict[str, Any]:
    return {"newsletter": one.newsletter, "fate": one.fate, "reasons": one.reasons, "chain": one.chain}


def _say(statements: Iterable[Statement], zone: tzinfo) -> None:
    from pipeline.cli.output import say
    from pipeline.cli.times import shown

    for one in statements:
        say(f"  {shown(one.at, zone):16}  {one.what}")
