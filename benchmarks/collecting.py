"""5,000 unchanged sources on loopback."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, measure
from pipeline.app import open_app
from pipeline.engine.local import LocalEngine

COUNT = 5_000


def _configure(directory: Path, url: str) -> Path:
    head = '[site]\ntitle = "Bench"\nurl = "https://bench.example"\n'
    source = '[[sources]]\nname = "s{0}"\ntype = "feed"\nurl = "{1}/{0}"\nallow_private = true\n'
    file = directory / "config.toml"
    file.write_text(head + "".join(source.format(number, url) for number in range(COUNT)), encoding="utf-8")
    return file


def _collect(file: str) -> None:
    app = open_app(Path(file), lambda: datetime.now(UTC))
    report = LocalEngine(app).collect([source.name for source in app.settings.sources])
    assert not report.problems, report.problems[:3]
    app.close()


def run() -> list[Row]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.unchanged"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert server.stdout
    url = server.stdout.readline().strip()
    try:
        with tempfile.TemporaryDirectory() as directory:
            file = str(_configure(Path(directory), url))
            _collect(file)
            done = measure(_collect, file)
    finally:
        server.terminate()
        server.wait()
    return [
        Row(
            work=f"{COUNT:,} unchanged sources (304) on loopback",
            ours=f"{COUNT / done.seconds:,.0f} sources/s, +{done.megabytes:.0f} MB",
            goal="500 sources/s, flat",
        )
    ]
