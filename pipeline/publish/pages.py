"""The pages we publish: what all of them need, and an article's own, where it has none elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape
from markupsafe import Markup

from pipeline import __version__
from pipeline.catalogues import Catalogues, Tone, locale_of
from pipeline.domain.article import Article
from pipeline.domain.markup import text_direction
from pipeline.errors import Problem, PublishError
from pipeline.publish.feed_article import feed_article
from pipeline.publish.files import Sink, remove_file, replace_file
from pipeline.publish.gate import check_page
from pipeline.publish.manifest import Manifest
from pipeline.publish.page_html import page_html
from pipeline.publish.permalink import page_name
from pipeline.publish.published import Published
from pipeline.publish.spec import ARTICLES, SiteSpec


class PageEnvironment(Environment):
    """Jinja2 for pages, and the catalogues that their words are in."""

    def __init__(self, *args: Any, catalogues: Catalogues, **options: Any) -> None:  # noqa: ANN401  (Jinja's own)
        super().__init__(*args, **options)
        self.catalogues = catalogues


def page_environment(*templates: Path, tone: Tone = "formal") -> PageEnvironment:
    """For the pages under ``web`` in the first of the directories of templates that has them.

    The words are in the catalogues under ``locale``.  Everything is escaped, and what is not given is an error.
    """
    environment = PageEnvironment(
        catalogues=Catalogues([directory / "locale" for directory in templates], tone),
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(disabled_extensions=("css",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["day"] = _day
    environment.filters["sanitised"] = lambda html: Markup(page_html(html))  # noqa: S704  it was sanitised
    environment.filters["direction"] = text_direction
    return environment


def page_context(environment: PageEnvironment, site: object, language: str) -> dict[str, Any]:
    """What ``page.html.j2``, the base of all pages, needs beside ``title``: our words, language, direction, site."""
    words = environment.catalogues.words(language)
    return {
        "site": site,
        "language": language,
        "direction": text_direction(language),
        "_": lambda message, **values: _escaping(words.gettext(message)).format(**values),
        "ngettext": lambda one, many, n, **values: _escaping(words.ngettext(one, many, n)).format(count=n, **values),
        "words_language": words.language,
        "words_direction": text_direction(words.language),
        "generator": f"Rundbrief {__version__}",
    }


def _escaping(pattern: str) -> Markup:
    """A pattern of our own words as HTML: what is formatted into it is escaped."""
    return Markup(pattern)  # noqa: S704  the catalogues are ours, and have no markup


def write_page(environment: Environment, template: str, sink: Sink, **context: object) -> None:
    """Render a template into a file.  PublishError if the template is wrong."""
    try:
        stream = environment.get_template(template).stream(**context)
        stream.enable_buffering(100)
        for part in stream:
            sink.write(part.encode())
    except TemplateError as error:
        raise PublishError(str(error), where=template) from error


def templates_version(environment: PageEnvironment) -> str:
    """Changes with any of the templates of pages, and with their words."""
    assert environment.loader  # noqa: S101  page_environment gives it one
    digest = sha256(f"{__version__} {environment.catalogues.version}".encode())
    for name in sorted(environment.loader.list_templates()):
        if name.startswith("web/"):
            digest.update(environment.loader.get_source(environment, name)[0].encode())
    return digest.hexdigest()


def publish_articles(
    site: SiteSpec,
    articles: Iterable[Article],
    directory: Path,
    *,
    environment: PageEnvironment,
    selection: str | None = None,
) -> Published:
    """Publish a page for each of ``articles`` that has none of its own, into ``directory/articles``.

    ``articles`` are all there are; pages that we made for others are removed.  ``selection`` is as for a feed.
    """
    home = directory / ARTICLES
    before = Manifest.read(home) or Manifest()
    made_from = ""
    if selection is not None:
        made_from = sha256(repr((site, templates_version(environment), selection)).encode()).hexdigest()
        if made_from == before.made_from and before.is_whole(home):
            return Published(untouched=tuple(home / name for name in sorted(before.files)))
    written: list[Path] = []
    untouched: list[Path] = []
    problems: list[Problem] = []
    for article in articles:
        if article.content.url is not None:
            continue
        path = home / page_name(article)
        try:
            new = _publish_article(site, article, path, environment)
        except (PublishError, OSError, ValueError) as error:
            problems.append(
                Problem(
                    code=PublishError.code,
                    where=f"{ARTICLES}: {article.public_id}",
                    what=f"its page can't be published: {error}.",
                    mend="The others are published.",
                )
            )
        else:
            (written if new else untouched).append(path)
    kept = {path.name for path in (*written, *untouched)} | (set(before.files) if problems else set())
    removed = tuple(home / name for name in sorted(before.files) if name not in kept and remove_file(home / name))
    files = {name: (home / name).stat().st_size for name in kept if (home / name).exists()}
    if home.is_dir():
        Manifest(made_from="" if problems else made_from, files=files).write(home)
    return Published(written=tuple(written), untouched=tuple(untouched), removed=removed, problems=tuple(problems))


def _publish_article(site: SiteSpec, article: Article, path: Path, environment: PageEnvironment) -> bool:
    ready = feed_article(article, site.feeds_url)
    context = page_context(environment, site, ready.language or site.language)

    def write(sink: Sink) -> None:
        write_page(environment, "web/article.html.j2", sink, **context, title=ready.headline, article=ready)

    return replace_file(path, write, check_page)


def _day(time: datetime, language: str, timezone: str) -> str:
    """The day of a time in a zone, in words: "24. November 2026"."""
    return format_date(time.astimezone(ZoneInfo(timezone)).date(), "long", locale=locale_of(language))
