"""The two hundred articles, through the whole of Rundbrief, and served; the readers beside it."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.app import open_app
from pipeline.cli.main import main
from pipeline.publish.feed_article import FeedArticle, feed_article
from tests.fakes.feed_server import FeedServer
from tests.fakes.varied_articles import COUNT, varied_feed
from tests.readers.witness import Witness

ROOT = Path(__file__).parents[2]
RUNDBRIEF = (sys.executable, "-c", "from pipeline.cli.main import main; raise SystemExit(main())")
HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
FOR_NODE = ("ask_feedsmith.mjs", "package.json", "package-lock.json")
CONFIG = """\
[site]
title    = "Das Magazin"
url      = "https://news.example.org"
language = "en"
timezone = "Europe/Berlin"

[web]
listen = "127.0.0.1:0"

[[sources]]
name          = "magazin"
type          = "feed"
url           = "{url}"
allow_private = true

[[feeds]]
name  = "alle"
title = "Das Magazin"
limit = 500
"""


@dataclass(frozen=True)
class Published:
    """``directory`` has the feed's documents; ``articles`` is what the store has, newest first."""

    directory: Path
    articles: tuple[FeedArticle, ...]
    witness: Witness


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    home = tmp_path_factory.mktemp("magazin")
    config = home / "config.toml"
    with FeedServer() as server:
        url = server.document("/feed.json", varied_feed(), "application/feed+json", etag='"1"')
        config.write_text(CONFIG.format(url=url))
        assert main(["--config", str(config), "run"]) == 0
        app = open_app(config)
        base = "https://news.example.org/feeds"
        articles = tuple(feed_article(article, base) for article in app.store.articles.newest(limit=None))
        app.close()
        assert len(articles) == COUNT
        command = [*RUNDBRIEF, "--config", str(config), "serve"]
        serving = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert serving.stdout
        address = re.search(r"http://[\d.:]+", serving.stdout.readline())
        assert address
        try:
            with Witness(address[0]) as witness:
                yield Published(home / "feeds" / "alle", articles, witness)
        finally:
            serving.terminate()
            assert serving.wait(timeout=30) == 0
            serving.stdout.close()


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of an environment that has the readers, also that which is written for node, and nothing of ours."""
    needed = [REQUIREMENTS, *(HERE / name for name in FOR_NODE)]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in needed)).hexdigest()[:16]
    home = Path(sys.prefix) / "readers" / wanted
    python = home / "bin" / "python"
    stamp = home / "installed"
    home.parent.mkdir(exist_ok=True)
    # Tests that run side by side install it once.
    with (home.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)], check=True)
            options = "--quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-deps"
            install = [sys.executable, "-m", "pip", "--python", str(python), "install", *options.split()]
            subprocess.run([*install, "--requirement", str(REQUIREMENTS)], check=True, timeout=300)
            for name in FOR_NODE:
                shutil.copy(HERE / name, home)
            install = [
                "npm",
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
                "--loglevel=error",
            ]
            subprocess.run(install, cwd=home, check=True, timeout=300, stdout=subprocess.DEVNULL)
            stamp.touch()
    return python
