"""`rundbrief preview`: the next issue of a newsletter, to look at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse
from pipeline.cli.mail import NewsletterName

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.engine.preview import Preview


def preview(
    context: typer.Context,
    newsletter: NewsletterName,
    cadence: Annotated[
        str | None, typer.Option(metavar="C", help="Which of its cadences; may be left out if it has but one.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="T", help="Another template: digest, full, brief, instant, or one of your own."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="L", help="Another language, as for a subscriber who chose it.")
    ] = None,
    png: Annotated[
        bool, typer.Option("--png", help="Take pictures of it too, on phone and desktop, light and dark, by Chromium.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the files go; ./preview/NEWSLETTER if absent.")
    ] = None,
    open_: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the page in a browser; by default on a terminal only.")
    ] = None,
) -> None:
    r"""Write the next issue into files, to look at.

    These are issue.html, issue.txt and, as a mail program takes it, issue.eml. It is the issue for a subscriber who
    chose every topic: all that came since the last issue of that cadence. If nothing has come, the newest articles
    stand in. What preflight finds is listed, the worst first. Nothing is mailed, and nothing changes.

    \b
    Examples:
      rundbrief preview wochenblick --cadence weekly
      rundbrief preview wochenblick --cadence daily --template brief --language en --png
      rundbrief preview wochenblick --cadence daily --directory /tmp/preview --no-open
    """
    from pipeline.cli.names import newsletter_named, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.screenshots import take
    from pipeline.cli.times import shown
    from pipeline.engine.preview import next_issue

    asked = invocation(context)
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
        chosen = checked_language(language) if language else None
        found = next_issue(opened, letter, only_cadence(letter, cadence), template=template, language=chosen)
        files = _write(opened, found, directory or Path("preview") / letter.name)
        if png:
            files += take(files[0], files[0].parent)
        zone = letter.timezone
    if asked.as_json:
        print_json(
            {
                "newsletter": found.newsletter,
                "cadence": found.cadence,
                "slot": found.slot,
                "due": found.due,
                "subject": found.message.subject,
                "articles": [{"id": one.id, "title": one.content.title} for one in found.articles],
                "findings": found.findings,
                "files": files,
            }
        )
    else:
        if not found.due:
            say("Nothing new has come: the newest articles stand in.")
        count = f"{len(found.articles)} {'article' if len(found.articles) == 1 else 'articles'}"
        say(f"“{found.message.subject}”, for {shown(found.slot, zone)}, with {count}:")
        for file in files:
            say(f"  {file}")
        for one in found.findings:
            place = f"{one.place}: " if one.place else ""
            say(f"{one.level:<7} {one.code}: {place}{one.what} {one.mend}".rstrip())
    if open_ or (open_ is None and not asked.as_json and sys.stdout.isatty()):
        import webbrowser

        webbrowser.open(files[0].absolute().as_uri())


def checked_language(tag: str) -> str:
    """The tag in its usual spelling.  Raises `WrongUse` for what is no language."""
    from pydantic_core import PydanticCustomError

    from pipeline.config.values import language

    try:
        return language(tag)
    except PydanticCustomError as error:
        context = error.context or {}
        raise WrongUse(context["what"], where="--language", mend=context["mend"]) from error


def _write(opened: App, found: Preview, directory: Path) -> list[Path]:
    from pipeline.deliver import mime
    from pipeline.domain.message import html_values
    from pipeline.engine.preview import trial_batch
    from pipeline.errors import PublishError

    batch = trial_batch(opened, found, "anna@example.org", "Anna Beispiel")
    recipient = batch.recipients[0]
    page = found.message.merge_html.join(html_values(recipient.fields))
    pictures = opened.settings.pictures
    if pictures.enabled:
        # Seen from here before they can be seen from there.
        page = page.replace(f'"{pictures.url}/', f'"{pictures.directory.absolute().as_uri()}/')
    contents = {
        "issue.html": page.encode("utf-8", "replace"),
        "issue.txt": found.message.merge_text.join(recipient.fields).encode("utf-8", "replace"),
        "issue.eml": mime.build(found.message, recipient, batch),
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (directory / name).write_bytes(content)
    except OSError as error:
        what = f"The preview can't be written: {error.strerror}."
        raise PublishError(what, where=str(directory), mend="Name another with --directory.") from error
    return [directory / name for name in contents]
