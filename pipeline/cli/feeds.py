"""`rundbrief feeds`: moving a feed that readers know already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems

if TYPE_CHECKING:
    from pipeline.cli.moving import Advice
    from pipeline.collect.sources.old_feed import OldFeed
    from pipeline.config import Config
    from pipeline.domain.adoption import Adoption

app = typer.Typer(
    help="Take the place of a feed that readers know already.", no_args_is_help=True, rich_markup_mode=None
)

_SHOWN = 20
_WIDEST = 80


@app.callback()
def feeds() -> None:
    """Keeps `import` a subcommand while it is the only one."""


@app.command("import")
def import_feed(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="The feed that ours replaces, or a file that it was saved to.")
    ],
    feed: Annotated[
        str | None, typer.Option(metavar="NAME", help="Our feed that takes its place; if absent, the only one.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only articles of this source keep their old ids.")
    ] = None,
    published_too: Annotated[
        bool,
        typer.Option(
            "--published-too",
            help="Also articles that our feeds have shown already; whoever has read those sees them once more.",
        ),
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The feed may be in a private network (10.0.0.0/8 and the like).")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Do it; else it is only said what would be done.")] = False,
) -> None:
    r"""Let articles keep the ids that readers know from the feed that ours replaces: nobody sees them twice.

    All entries are read, with the feed's archives and pages (WordPress's and Ghost's too). Each is matched to an
    article by its id, address or words. An entry whose article was not collected yet is remembered: once it is, it
    gets the id. So this may be called before anything is collected, and again at any time.

    \b
    Examples:
      rundbrief feeds import https://blog.example.org/feed/
      rundbrief feeds import https://blog.example.org/feed/ --feed alle --write
      rundbrief feeds import old-feed.xml --feed alle --write
    """
    from pipeline.cli.moving import advice
    from pipeline.cli.names import feeds_named, sources_named
    from pipeline.cli.output import print_json
    from pipeline.store.adoptions import Terms

    asked = invocation(context)
    with asked.app() as opened:
        settings = opened.settings
        name = feeds_named(settings, [feed])[0] if feed else _only_feed(settings)
        if source:
            sources_named(settings, [source])
        old = _read(settings, url, allow_private=allow_private)
        terms = Terms(feed=old.url, source=source, published_too=published_too)
        work = opened.store.adoptions.adopt if write else opened.store.adoptions.preview
        decided = work(old.entries, terms, opened.clock())
    told = advice(settings, old, name)
    counts = Counter(one.fate.value for one in decided)
    if asked.as_json:
        print_json(_plain(old, decided, told, counts, written=write))
    else:
        _show(old, decided, told, counts, written=write)
    problems = [*old.problems, *told.problems]
    report_problems(problems)
    if problems or counts["refused"]:
        raise typer.Exit(FAILED)


def _only_feed(settings: Config) -> str | None:
    return settings.feeds[0].name if len(settings.feeds) == 1 else None


def _read(settings: Config, url: str, *, allow_private: bool) -> OldFeed:
    from pipeline import wiring
    from pipeline.app import now
    from pipeline.cli.progress import shown_progress
    from pipeline.collect.addresses import AddressRefused

    if not url.lower().startswith(("http://", "https://")):
        from pipeline.collect.sources.old_feed import read_saved_feed

        try:
            body = Path(url).read_bytes()
        except OSError as error:
            mend = "Give an address that begins with https://, or a file."
            raise WrongUse(f"can't be read: {error.strerror}.", where=url, mend=mend) from error
        return read_saved_feed(body, where=url, now=now(), timezone=settings.site.timezone)
    try:
        with shown_progress() as progress:
            progress.stage("read", None)
            return wiring.sources.read_old_feed(
                settings, url, allow_private=allow_private, now=now(), progress=progress.advance
            )
    except AddressRefused as error:
        error.mend = "If that is meant, say `--allow-private`." if error.mend else ""
        raise


def _show(old: OldFeed, decided: Sequence[Adoption], told: Advice, counts: Mapping[str, int], *, written: bool) -> None:
    from pipeline.cli.output import print_facts, print_table, say

    pages = f" on {old.pages} pages" if old.pages > 1 else ""
    say(f"{old.title or old.url}: {len(old.entries)} entries{pages} ({_FORMATS[old.format]})\n")
    facts = [(_SAID[written][fate], f"{counts.get(fate, 0)}  {text}") for fate, text in _FATES if counts.get(fate)]
    print_facts(facts)
    refused = [one for one in decided if one.fate.value == "refused"]
    if refused:
        say()
        rows = [
            (_shortened(one.entry.id), _shortened(one.entry.content.title), one.article, one.reason)
            for one in refused[:_SHOWN]
        ]
        print_table(("ID", "TITLE", "ARTICLE", "WHY NOT"), rows, empty="", free=("ID", "TITLE", "WHY NOT"))
        if (more := len(refused) - _SHOWN) > 0:
            say(f"… and {more} more; --json has them all.")
    for line in told.lines:
        say(f"\n{line}" if line else "")
    if not written:
        say("\nNothing was changed; `--write` does it.")


def _shortened(text: str) -> str:
    """An id or a title in a table; a feed may have any."""
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


_FORMATS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
_FATES = (
    ("adopted", "articles keep the id that readers know"),
    ("remembered", "get theirs once they are collected"),
    ("known", "had it, or were remembered, before"),
    ("refused", "can't keep it; readers will see them as new"),
)
_SAID = {
    True: {"adopted": "Taken over", "remembered": "Remembered", "known": "Nothing to do", "refused": "Left out"},
    False: {"adopted": "To take over", "remembered": "To remember", "known": "Nothing to do", "refused": "Left out"},
}


def _plain(
    old: OldFeed, decided: Sequence[Adoption], told: Advice, counts: Mapping[str, int], *, written: bool
) -> dict[str, Any]:
    return {
        "url": old.url,
        "format": old.format,
        "title": old.title,
        "id": old.id,
        "pages": old.pages,
        "counts": dict(counts),
        "entries": [
            {
                "id": one.entry.id,
                "title": one.entry.content.title,
                "url": one.entry.content.url,
                "fate": one.fate.value,
                "reason": one.reason,
                "article": one.article,
            }
            for one in decided
        ],
        "redirect": {"from": old.url, "to": told.target} if told.target else None,
        "feed_id": told.feed_id,
        "written": written,
        "problems": [*old.problems, *told.problems],
    }
