"""What `rundbrief check` looks at beside the configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from pipeline import config, wiring
from pipeline.doctor.examined import Examined
from pipeline.domain.article import Article, ArticleId, Author, Content, Picture
from pipeline.errors import PipelineError, Problem

_SQLITE = "sqlite:///"
_WHEN = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)


def examine(settings: config.Config) -> Iterator[Examined]:
    """Look at one thing after the other.  Only a store of an older version is changed: opening it migrates it."""
    for source in settings.sources:
        if isinstance(source, config.DirectorySource):
            yield Examined(what=f"source {source.name}: {source.path}", problems=_readable(source))
    for newsletter in settings.newsletters:
        yield _templates(settings, newsletter)
        if newsletter.unsubscribe_mailto:
            yield _leaving_by_mail(settings, newsletter)
    yield _guarded("templates of pages", partial(_compile_pages, settings))
    alerts = settings.alerts
    used = [name for letter in settings.newsletters for name in letter.providers]
    for name in dict.fromkeys([*used, *([alerts.mail.provider] if alerts.mail else [])]):
        yield _guarded(f"provider {name} ({settings.providers[name].type})", partial(_make, settings, name))
    directory = settings.publish.directory
    yield Examined(what=f"feeds directory {directory}", problems=_writable(directory, "publish.directory"))
    for name, provider in settings.providers.items():
        if isinstance(provider, config.OutboxProvider):
            where = f"providers.{name}.directory"
            yield Examined(what=f"outbox {provider.directory}", problems=_writable(provider.directory, where))
    if alerts.apprise:
        yield _installed("apprise")
    yield _store(settings)


def _installed(extra: str) -> Examined:
    """The library of an extra."""
    found: tuple[Problem, ...] = ()
    if find_spec(extra) is None:
        mend = f"Install the extra: `pip install 'rundbrief[{extra}]'`."
        what = f"The library {extra} is not installed."
        found = (Problem(code="extra", where=f"alerts.{extra}", what=what, mend=mend),)
    return Examined(what=f"library {extra}", problems=found)


def _guarded(what: str, look: Callable[[], None]) -> Examined:
    try:
        look()
    except PipelineError as error:
        problem = error.problem
        found = Problem(code=problem.code, where=problem.where or what, what=problem.what, mend=problem.mend)
        return Examined(what=what, problems=(found,))
    return Examined(what=what)


def _readable(source: config.DirectorySource) -> Sequence[Problem]:
    where = f"source {source.name}"
    if not source.path.is_dir():
        what = f"{source.path} is no directory."
        return (Problem(code="source", where=where, what=what, mend="Make it, or name another with `path`."),)
    if not os.access(source.path, os.R_OK | os.X_OK):
        what = f"{source.path} can't be read."
        return (Problem(code="source", where=where, what=what, mend="Give the user that runs rundbrief the right to."),)
    return ()


def _writable(directory: Path, where: str) -> Sequence[Problem]:
    """It can be written to, or be made."""
    mend = "Give the user that runs rundbrief the right to, or name another directory."
    there = next(path for path in (directory, *directory.parents) if path.exists())
    if not there.is_dir():
        return (Problem(code="directory", where=where, what=f"{there} is no directory.", mend=mend),)
    if not os.access(there, os.W_OK | os.X_OK):
        return (Problem(code="directory", where=where, what=f"{there} can't be written to.", mend=mend),)
    return ()


def _templates(settings: config.Config, newsletter: config.Newsletter) -> Examined:
    """Render an issue of one article and one of two, which templates tell apart, and the notices; look them over."""
    from pipeline.render.findings import Level
    from pipeline.render.look import VariantFacts
    from pipeline.render.notices import Kind, Notice
    from pipeline.render.renderer import Renderer

    where = f"templates of newsletter {newsletter.name}"
    renderer = Renderer(wiring.files.template_directories(settings), settings.site.tone)
    look = wiring.mail.look(settings, newsletter, newsletter.language)
    cadence = next(iter(newsletter.cadences))
    found: dict[Level, dict[Problem, None]] = {level: {} for level in Level}
    try:
        for count in (1, 2):
            articles = [(_example(n, newsletter.language), f"https://example.org/{n}") for n in range(count)]
            message = renderer.render(look, VariantFacts(cadence=cadence, slot=_WHEN, articles=articles))
            for finding in wiring.render.preflight(settings, message, look):
                found[finding.level][finding.problem(where)] = None
        for kind in Kind:
            renderer.notice(look, Notice(kind=kind, cadence=cadence))
    except PipelineError as error:
        failed = error.problem
        failed = Problem(code=failed.code, where=failed.where or where, what=failed.what, mend=failed.mend)
        return Examined(what=where, problems=(failed,))
    return Examined(what=where, problems=tuple(found[Level.ERROR]), warnings=tuple(found[Level.WARNING]))


def _leaving_by_mail(settings: config.Config, newsletter: config.Newsletter) -> Examined:
    address = newsletter.unsubscribe_mailto
    looked_at = f"newsletter {newsletter.name}: mail to {address} ends subscriptions"
    if settings.bounces.maildir is not None or settings.bounces.imap is not None:
        return Examined(what=looked_at)
    what = f"Nobody reads what mail programs send to {address}: people who leave by mail would go on getting it."
    mend = "Name the mailbox that it is delivered into in [bounces], or leave `unsubscribe_mailto` out."
    where = f"newsletters.{newsletter.name}.unsubscribe_mailto"
    warning = Problem(code="unread-mailbox", where=where, what=what, mend=mend)
    return Examined(what=looked_at, warnings=(warning,))


def _example(number: int, language: str) -> Article:
    return Article(
        id=ArticleId(number + 1),
        public_id=f"tag:example.org,2026:{number}",
        revision=1,
        content=Content(
            title=f"Example {number}",
            html="<h2>Heading</h2><p>A paragraph with a <a href='https://example.org/'>link</a>.</p>",
            teaser="What it is about.",
            url=f"https://example.org/{number}",
            language=language,
            authors=(Author(name="A. Writer"),),
            topics=("Example",),
            picture=Picture(url="https://example.org/picture.jpg", alt="A picture", width=1200, height=800),
        ),
        first_seen=_WHEN,
        changed=_WHEN,
    )


def _compile_pages(settings: config.Config) -> None:
    from jinja2 import TemplateSyntaxError

    from pipeline.errors import RenderError
    from pipeline.publish.pages import page_environment

    environment = page_environment(*wiring.files.template_directories(settings))
    for name in environment.list_templates(filter_func=lambda name: name.startswith("web/") and name.endswith(".j2")):
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            where = f"{error.filename or name}:{error.lineno}"
            raise RenderError(f"The template has a mistake: {error.message}.", where=where) from error


def _make(settings: config.Config, name: str) -> None:
    wiring.providers.make_provider(settings, name).close()
    wiring.events.make_webhook(settings, name, lambda _url: b"")


def _store(settings: config.Config) -> Examined:
    """Open the store and look at its fence.  A SQLite file that isn't there yet is left to the first run to make."""
    url = settings.store.url
    file = Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None
    if file is not None and not file.exists():
        problems = _writable(file.parent, "store.url")
        return Examined(what=f"store {url} (made by the first run)", problems=problems)

    def look() -> None:
        from pipeline.app import open_app
        from pipeline.engine.books import wrong_books

        app = open_app(settings.file)
        try:
            app.store.fence.check()
            _ = app.keys
            books.extend(wrong_books(app))
        finally:
            app.close()

    books: list[Problem] = []
    found = _guarded(f"store {url}", look)
    return Examined(what=found.what, problems=(*found.problems, *books))
