"""`rundbrief sources import` and `sources discover`: sources that the configuration does not have yet."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.errors import Problem

if TYPE_CHECKING:
    from datetime import tzinfo

    from pipeline.cli.source_tables import Table
    from pipeline.collect.candidates import Candidate
    from pipeline.collect.discover import Discovery
    from pipeline.collect.opml import FeedList
    from pipeline.config import Config

Write = Annotated[bool, typer.Option("--write", help="Add them to the configuration; else they are only printed.")]
Topic = Annotated[list[str] | None, typer.Option(metavar="TEXT", help="A topic to add; may be repeated.")]

_SHOWN = 10


def import_opml(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The OPML file; - for standard input.")],
    topic: Topic = None,
    write: Write = False,
) -> None:
    r"""Bring along the feeds that another reader exported as OPML: what is to be added to the configuration, as TOML.

    Folders and categories become topics. A feed that is there already is left out, also where its address differs in
    nothing that matters. Nothing is fetched.

    \b
    Examples:
      rundbrief sources import feeds.opml
      rundbrief sources import feeds.opml --topic ki --write
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.source_tables import added, feed_tables, known_addresses, write_tables
    from pipeline.collect.opml import read_opml
    from pipeline.config.write import source_tables

    asked = invocation(context)
    settings = asked.settings()
    where = "standard input" if str(file) == "-" else str(file)
    listed = read_opml(_content(file), where=where, known=known_addresses(settings))
    tables, refused = feed_tables(settings, listed.feeds, topic or [])
    problems = [
        *listed.problems,
        *(
            Problem(code="opml-outline", where=f"{where}:{feed.line}", what=f"{feed.url} can't be a source's address.")
            for feed in refused
        ),
    ]
    written = write_tables(asked.file, tables) if write else None
    if asked.as_json:
        duplicates = [
            {"url": one.feed.url, "title": one.feed.title, "line": one.feed.line, "of": one.of}
            for one in listed.duplicates
        ]
        print_json({"sources": tables, "duplicates": duplicates, "written": written, "problems": problems})
    elif written:
        say(added(written, tables))
    elif tables:
        say(source_tables(tables).rstrip())
    report_problems(problems)
    if not asked.as_json:
        _remark(listed, where, tables, write=write)
    if problems:
        raise typer.Exit(FAILED)


def discover(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A page of the site, or one of its feeds.")],
    take: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="N", help="The candidate of this number instead of the best; may be repeated."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All candidates.")] = False,
    topic: Topic = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The site may be in a private network (10.0.0.0/8 and the like).")
    ] = False,
    write: Write = False,
) -> None:
    r"""Find out how a site's articles can be had: what is to be added to the configuration, as TOML.

    It looks at the address itself, at what its page names, at the usual addresses of feeds, at WordPress's API and at
    sitemaps, in thirty requests at most. Each candidate was read. The best comes first: WordPress, feeds with whole
    texts, feeds with teasers, sitemaps; feeds of comments come last.

    \b
    Examples:
      rundbrief sources discover blog.example.org
      rundbrief sources discover https://blog.example.org/ --take 2 --topic ki --write
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.source_tables import added, candidate_tables, known_addresses, write_tables
    from pipeline.config.write import source_tables

    asked = invocation(context)
    settings = asked.settings()
    found = _found(settings, url, allow_private=allow_private)
    known = known_addresses(settings)
    chosen = _chosen(found, take or [], known, everything=everything)
    tables = candidate_tables(settings, chosen, found.title, allow_private=allow_private, topics=topic or [])
    written = write_tables(asked.file, tables) if write else None
    problems = [] if found.candidates else [_nothing(found)]
    if asked.as_json:
        candidates = [_plain(one, known) for one in found.candidates]
        record = {"url": found.url, "title": found.title, "requests": found.requests, "candidates": candidates}
        print_json({**record, "sources": tables, "written": written, "problems": problems})
    elif found.candidates:
        _show(found, known, settings.site.timezone)
        if written:
            say(f"\n{added(written, tables)}")
        elif tables:
            say(f"\nTo be added to {asked.file}, by hand or with `--write`:\n\n{source_tables(tables).rstrip()}")
        else:
            say("\nThat is there already; `--take N` takes another.")
    report_problems(problems)
    if problems:
        raise typer.Exit(FAILED)


def _found(settings: Config, url: str, *, allow_private: bool) -> Discovery:
    from pipeline import wiring
    from pipeline.app import now
    from pipeline.cli.logs import configure_logs
    from pipeline.cli.progress import shown_progress
    from pipeline.collect.addresses import AddressRefused

    configure_logs()
    try:
        with shown_progress() as progress:
            progress.stage("discover", None)
            return wiring.sources.find_sources(
                settings, url, allow_private=allow_private, now=now(), progress=progress.advance
            )
    except AddressRefused as error:
        # There is no source yet that could be given a key.
        error.mend = "If that is meant, say `--allow-private`." if error.mend else ""
        raise


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise WrongUse(f"can't be read: {error.strerror}.", where=str(file)) from error


def _remark(listed: FeedList, where: str, tables: Sequence[Table], *, write: bool) -> None:
    """On standard error: what is on standard output can be put into a file as it is."""
    for one in listed.duplicates[:_SHOWN]:
        sys.stderr.write(f"{where}:{one.feed.line}: {one.feed.url} is there already: {one.of}\n")
    if more := len(listed.duplicates[_SHOWN:]):
        sys.stderr.write(f"{more} more are there already.\n")
    if not tables:
        sys.stderr.write("There is nothing to add.\n")
    elif not write:
        sys.stderr.write(f"{len(tables)} to add to the configuration, by hand or with `--write`.\n")


def _chosen(found: Discovery, take: Sequence[int], known: Mapping[str, str], *, everything: bool) -> list[Candidate]:
    """What is to be added: never what is there already."""
    from pipeline.collect.same_address import url_key

    if wrong := [number for number in take if number > len(found.candidates)]:
        what = f"There is no candidate {wrong[0]}, but {len(found.candidates)} in all."
        raise WrongUse(what, where="--take")
    numbers = range(1, len(found.candidates) + 1) if everything else dict.fromkeys(take) or [1]
    chosen = [one for number, one in enumerate(found.candidates, start=1) if number in numbers]
    return [one for one in chosen if url_key(one.url) not in known]


def _show(found: Discovery, known: Mapping[str, str], zone: tzinfo) -> None:
    from pipeline.cli.output import print_table, say
    from pipeline.cli.times import shown
    from pipeline.collect.same_address import url_key

    say(f"{found.title or found.url}: {len(found.candidates)} found in {found.requests} requests\n")
    texts = {True: "whole", False: "teasers", None: ""}
    rows = []
    for number, one in enumerate(found.candidates, start=1):
        there = known.get(url_key(one.url))
        note = f"there already: {there}" if there else "comments" if one.comments else ""
        facts = one.facts
        newest = shown(facts.newest, zone)
        rows.append((number, facts.form, facts.entries, newest, texts[facts.full_text], one.found, one.url, note))
    print_table(
        ("N", "FORM", "ARTICLES", "NEWEST", "TEXTS", "FOUND", "URL", "NOTE"),
        rows,
        empty="",
        free=("FORM", "FOUND", "URL", "NOTE"),
    )


def _plain(one: Candidate, known: Mapping[str, str]) -> dict[str, Any]:
    from pipeline.collect.same_address import url_key

    return {
        "type": one.kind.value,
        "url": one.url,
        "form": one.facts.form,
        "title": one.facts.title,
        "articles": one.facts.entries,
        "newest": one.facts.newest,
        "full_text": one.facts.full_text,
        "comments": one.comments,
        "found": one.found,
        "source": known.get(url_key(one.url)),
    }


def _nothing(found: Discovery) -> Problem:
    what = f"no feed, and nothing else that could be a source, was found in {found.requests} requests."
    return Problem(code="source-not-found", where=found.url, what=what, mend="Look for “RSS” or “feed” on its pages.")
