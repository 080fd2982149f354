"""`rundbrief articles`: what was collected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse
from pipeline.cli.groups import listing

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.domain.article import Article
    from pipeline.store.histories import History

app = listing("What was collected.")

ArticleName = Annotated[
    str, typer.Argument(metavar="ID|URL", help="Its number in `rundbrief articles`, its address, or its public id.")
]


@app.command("list")
def list_articles(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest.")] = 20,
    topic: Annotated[list[str] | None, typer.Option(help="Only articles with this topic (may be repeated).")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only articles of this source (may be repeated).")] = None,
) -> None:
    r"""List the newest articles.

    "release" is the number that mail goes by; without one an article has not settled yet, or is backlog that mail
    never carries.

    \b
    Examples:
      rundbrief articles
      rundbrief articles --limit 5 --topic ki
    """
    from pipeline.cli.names import sources_named
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.cli.times import shown
    from pipeline.domain.selection import Selection

    asked = invocation(context)
    with asked.app() as opened:
        sources = sources_named(opened.settings, source) if source else []
        chosen = Selection(topics=tuple(topic or ()), sources=tuple(sources))
        found = list(opened.store.articles.newest(limit=limit, chosen=chosen))
        number = opened.store.articles.count(chosen)
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"articles": [_summary(article) for article in found], "total": number})
        return
    print_table(
        ("ID", "PUBLISHED", "RELEASE", "SOURCE", "TITLE", "TOPICS"),
        [
            (one.id, shown(one.published, zone), one.release, one.sources, one.content.title, one.content.topics)
            for one in found
        ],
        empty=(
            "There is no such article. `rundbrief articles` lists all."
            if topic or source
            else "There is no article. `rundbrief collect` asks the sources."
        ),
        free=("TITLE", "TOPICS"),
    )
    if number > len(found):
        say(f"{len(found)} of {number}; --limit shows more.")


@app.command("show")
def show_article(
    context: typer.Context,
    article: ArticleName,
) -> None:
    r"""Show all that is known of one article. Its HTML is printed with --json only.

    \b
    Examples:
      rundbrief articles show 12
      rundbrief articles show https://blog.example.org/2026/11/post/ --json
    """
    from pipeline.cli.output import print_json
    from pipeline.publish.permalink import permalink
    from pipeline.wiring.publish import feeds_url

    asked = invocation(context)
    with asked.app() as opened:
        found = _found(opened, article)
        history = opened.store.articles.history(found.id)
        address = permalink(found, feeds_url(opened.settings))
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"article": _whole(found, history, address)})
    else:
        _print(found, history, address, zone)


@app.command("correct")
def correct_article(
    context: typer.Context,
    article: ArticleName,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was wrong, in a sentence for readers.")] = "",
) -> None:
    r"""Tell readers whose mail carried an article that it has been corrected since.

    Their next issue says so at its end; where that would carry nothing else, it waits. Nobody is told of an edit by
    itself: most are of no interest. That an article was retracted is told without this command, when it has been away
    for an hour (`corrections` in [[newsletters]]).

    \b
    Example:
      rundbrief articles correct 12 --note "The meeting is on the 14th, not on the 4th."
    """
    from pipeline.cli.failures import FAILED, report_problems
    from pipeline.cli.output import print_json, say
    from pipeline.errors import Problem

    asked = invocation(context)
    with asked.app() as opened:
        found = _found(opened, article)
        noted = opened.store.articles.correct(found.id, note, opened.clock())
        if noted:
            opened.release()
    what = "No mail can have carried it: it was never released."
    problems = [] if noted else [Problem(code="not-mailed", where=f"article {found.id}", what=what)]
    report_problems(problems)
    if asked.as_json:
        print_json({"corrected": noted, "article": _summary(found), "problems": problems})
    elif noted:
        say(f"Whoever has had “{found.content.title}” by mail is told with the next issue.")
    if problems:
        raise typer.Exit(FAILED)


def _found(opened: App, name: str) -> Article:
    id_ = opened.store.articles.find(name)
    found = opened.store.articles.one(id_) if id_ is not None else None
    if found is None:
        raise WrongUse(f"There is no article “{name}”.", mend="`rundbrief articles` lists them.")
    return found


def _summary(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "public_id": article.public_id,
        "adopted": dict(article.adopted),
        "url": article.content.url,
        "title": article.content.title,
        "language": article.content.language,
        "topics": article.content.topics,
        "sources": article.sources,
        "published": article.published,
        "updated": article.updated,
        "revision": article.revision,
        "release": article.release,
    }


def _whole(article: Article, history: History, address: str) -> dict[str, Any]:
    content = article.content
    return {
        **_summary(article),
        "permalink": address,
        "teaser": content.teaser,
        "html": content.html,
        "authors": content.authors,
        "picture": content.picture,
        "enclosures": content.enclosures,
        "comments_url": content.comments_url,
        "comments_feed": content.comments_feed,
        "first_seen": article.first_seen,
        "changed": article.changed,
        "retracted": article.retracted,
        "mailable": history.mailable,
        "settles": history.settles,
        "released": history.released,
        "revisions": history.revisions,
        "sightings": history.sightings,
    }


def _print(article: Article, history: History, address: str, zone: Any) -> None:  # noqa: ANN401  (a tzinfo)
    from pipeline.cli.output import print_facts
    from pipeline.cli.times import shown

    content, picture = article.content, article.content.picture
    size = f" ({picture.width} × {picture.height})" if picture and picture.width and picture.height else ""
    print_facts(
        [
            ("Article", article.id),
            ("Title", content.title),
            ("Teaser", content.teaser),
            ("Address", address),
            ("Public id", article.public_id),
            ("Old ids", "\n".join(f"{value} (in {format_})" for format_, value in article.adopted)),
            ("Language", content.language),
            ("Topics", content.topics),
            ("Authors", [author.name for author in content.authors]),
            ("Picture", f"{picture.url}{size}" if picture and picture.url else None),
            ("Described as", picture.alt if picture else None),
            ("Media", "\n".join(f"{one.url} ({one.media_type})" for one in content.enclosures)),
            ("Comments", content.comments_url),
            ("HTML", f"{len(content.html)} characters"),
            ("Published", shown(article.published, zone) + ("" if content.published else " (time of arrival)")),
            ("Updated", shown(article.updated, zone)),
            ("First seen", shown(article.first_seen, zone)),
            ("Retracted", shown(article.retracted, zone)),
            ("Mail", _way_to_mail(article, history, zone)),
            (
                "Revisions",
                "\n".join(
                    f"{one.number}  recorded {shown(one.recorded, zone)}, settled {shown(one.settles, zone)}"
                    for one in history.revisions
                ),
            ),
            (
                "Sources",
                "\n".join(
                    f"{one.source}: {one.key}" + (f" (until {shown(one.gone, zone)})" if one.gone else "")
                    for one in history.sightings
                ),
            ),
        ]
    )


def _way_to_mail(article: Article, history: History, zone: Any) -> str:  # noqa: ANN401
    from pipeline.cli.times import shown

    if article.release is not None:
        return f"release {article.release}, {shown(history.released, zone)}"
    if not history.mailable:
        return "never: it is backlog of a new source (`backlog` in [[sources]])"
    if article.retracted:
        return "never: it was retracted before it was released"
    return f"not released yet; settles {shown(history.settles, zone)}"
