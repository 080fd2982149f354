"""Where the files are that Rundbrief reads, and those that it keeps."""

from __future__ import annotations

from pathlib import Path

from pipeline import config


def template_directories(settings: config.Config) -> tuple[Path, ...]:
    """Where templates are looked for: the operator's own first."""
    own = settings.templates.directory
    return (*([own] if own else []), shared("templates"))


def shared(name: str) -> Path:
    """A directory that comes with Rundbrief: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    packed = package / "_share" / name
    return packed if packed.is_dir() else package.parent / name


def state_directory(settings: config.Config) -> Path:
    """Where the files of a PostgreSQL store are kept on this machine."""
    return settings.file.parent / "var"
