"""A project directory, and the command `rundbrief` called in this process as a shell would call it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.app import App, open_app
from pipeline.cli.main import main

CONFIG = """\
[site]
title    = "KI-Wochenblick"
url      = "https://news.example.org"
language = "de"
timezone = "Europe/Berlin"

[[sources]]
name    = "artikel"
type    = "directory"
path    = "articles"
settle  = "0 minutes"
backlog = "all"
topics  = ["ki"]

[templates]
directory = "templates"

[[feeds]]
name  = "alle"
title = "Alle Artikel"

[[newsletters]]
name      = "wochenblick"
title     = "KI-Wochenblick"
from      = "Redaktion <redaktion@news.example.org>"
providers = ["outbox"]
topics    = ["ki"]
[newsletters.cadences]
immediate = true
daily     = "0 7 * * *"

[providers.outbox]
type = "outbox"
"""
SUBSCRIBERS = """\
email,name,language,timezone,topics
anna@example.org,Anna Beispiel,de,Europe/Berlin,
ben@example.com,Ben O'Connor,en,Europe/Dublin,
chiara@example.net,Chiara Müller-Rossi,de,Europe/Zurich,KI;Praxis
"""
ARTICLE = """\
---
title: {title}
date: 2026-11-{day:02}
---

„Größe“ ist nicht alles, sagt {title}. Übung schon, und wer das nicht glaubt, liest es hier noch einmal nach.
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """``directory`` has a config.toml; the command is called with it."""

    directory: Path
    capsys: pytest.CaptureFixture[str]

    @classmethod
    def make(cls, directory: Path, capsys: pytest.CaptureFixture[str], config: str = CONFIG) -> Project:
        directory.mkdir(exist_ok=True)
        (directory / "config.toml").write_text(config, encoding="utf-8")
        (directory / "subscribers.csv").write_text(SUBSCRIBERS, encoding="utf-8")
        (directory / "articles").mkdir(exist_ok=True)
        # Inlining costs by the rule: these tests are about commands, not about how mail looks.
        (directory / "templates" / "email").mkdir(parents=True)
        (directory / "templates" / "email" / "style.css").write_text("p { margin: 0 }\n")
        project = cls(directory, capsys)
        project.write_article("Das kleine Modell", 3)
        project.write_article("Der große Wurf", 4)
        return project

    def write_article(self, title: str, day: int = 5) -> Path:
        file = self.directory / "articles" / f"{title.lower().replace(' ', '-')[:60]}.md"
        file.write_text(ARTICLE.format(title=title, day=day), encoding="utf-8")
        return file

    def configure(self, old: str, new: str) -> None:
        file = self.directory / "config.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def __call__(self, *arguments: str) -> Result:
        self.capsys.readouterr()
        code = main(["--config", str(self.directory / "config.toml"), *arguments])
        captured = self.capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def done(self, *arguments: str) -> Result:
        """As a call, of a command that has to succeed."""
        result = self(*arguments)
        assert result.code == 0, result.err
        return result

    def subscribe(self, cadence: str = "immediate") -> None:
        file = str(self.directory / "subscribers.csv")
        self.done("subscribers", "import", file, "--newsletter", "wochenblick", "--cadence", cadence, "--confirmed")

    @contextmanager
    def app(self) -> Iterator[App]:
        app = open_app(self.directory / "config.toml")
        try:
            yield app
        finally:
            app.close()

    def messages(self) -> list[Path]:
        return sorted((self.directory / "outbox" / "new").glob("*"))


def copied(template: Path, directory: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """A copy of a project, with its store."""
    shutil.copytree(template, directory)
    return Project(directory, capsys)
