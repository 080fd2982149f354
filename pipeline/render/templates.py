"""The templates: found file by file in several directories, strict about names, with errors that say where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.nodes import Assign, Const, Name
from markupsafe import Markup

from pipeline.domain.message import placeholder
from pipeline.errors import RenderError

Context = dict[str, Any]

_NOT_FOR_ISSUES = {"article", "base", "confirm", "goodbye", "welcome"}
_FIELD = re.compile(r"[a-z][a-z0-9_]*")


class Templates:
    """The mail templates.  A file in an earlier directory stands before the same file in a later one."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = tuple(directories)
        self._environment = Environment(
            loader=FileSystemLoader([str(directory) for directory in directories]),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["field"] = _field

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Raises `RenderError` with the file and line of whatever went wrong."""
        try:
            return self._environment.get_template(name).render(context)
        except TemplateNotFound as error:
            raise RenderError(
                f"There is no template {error.name}.",
                where=", ".join(map(str, self._directories)),
                mend=f"Add the file, or take one of {', '.join(self._issues())}.",
            ) from error
        except TemplateSyntaxError as error:
            where = f"{error.filename or error.name}:{error.lineno}"
            raise RenderError(f"The template has a mistake: {error.message}.", where=where) from error
        except TemplateError as error:
            known = ", ".join(sorted(context))
            raise RenderError(
                f"The template asks for something that is not there: {error.message}.",
                where=self._place(error.__traceback__, name),
                mend=f"It may use {known}.",
            ) from error
        except Exception as error:
            raise RenderError(
                f"The template failed: {type(error).__name__}: {error}.",
                where=self._place(error.__traceback__, name),
            ) from error

    def setting(self, name: str, variable: str) -> str | None:
        """The text that a template sets a variable to at its top level, without rendering it; None if it doesn't."""
        loader = self._environment.loader
        try:
            tree = self._environment.parse(loader.get_source(self._environment, name)[0]) if loader else None
        except TemplateError:
            return None  # rendering will say what is wrong
        for node in tree.body if tree else ():
            if isinstance(node, Assign) and isinstance(node.target, Name) and node.target.name == variable:
                return str(node.node.as_const()) if isinstance(node.node, Const) else None
        return None

    def _issues(self) -> list[str]:
        """The names of the templates that an issue can be written with."""
        files = set(self._environment.list_templates())
        stems = {name.removesuffix(".html.j2") for name in files if name.endswith(".html.j2")}
        return sorted(stem for stem in stems - _NOT_FOR_ISSUES if f"{stem}.txt.j2" in files)

    def _place(self, traceback: TracebackType | None, name: str) -> str:
        """The innermost template and its line: Jinja rewrites tracebacks so that they have both."""
        place = name
        for frame, line in walk_tb(traceback):
            file = Path(frame.f_code.co_filename)
            if any(directory in file.parents for directory in self._directories):
                place = f"{file}:{line}"
        return place


def _field(name: str) -> Markup:
    """A merge field's placeholder; what a template calls ``{{ field("unsubscribe_url") }}``."""
    if not _FIELD.fullmatch(name):
        message = f"{name!r} can't be a merge field's name"
        raise ValueError(message)
    return Markup(placeholder(name))  # noqa: S704 -- letters, digits and underscores only


def escaping(pattern: str) -> Markup:
    """A pattern of our own words as HTML: what is formatted into it is escaped."""
    return Markup(pattern)  # noqa: S704 -- the catalogues are ours, and have no markup


def trusted(html: str) -> Markup:
    """HTML that was sanitised or rendered before, as it is."""
    return Markup(html)  # noqa: S704 -- callers pass sanitised or rendered HTML only
